import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defineEndpoint, type InputOf, type OutputOf } from "@glam/shared/contract";
import { defineTable, type RowOf, softDelete, timestamps } from "@glam/shared/db";
import { glamMiddleware, implement, openapi } from "@glam/shared/api";
import { Hono } from "hono";
import * as z from "zod";

const Offers = defineTable("offers", {
  columns: z.object({
    id: z.uuid(),
    note: z.string().optional(),
    views: z.bigint().default(0n),
    valid_until: z.date().describe("Not longer than this").nullable(),
    log: z.array(z.strictObject({ at: z.date(), by: z.string().optional() })),
  }),
  columnTypes: { log: "jsonb" },
  ...timestamps,
  ...softDelete,
});

type Row = RowOf<typeof Offers>;
type Written = OutputOf<typeof Offers.rowSchema>;

const row: Row = {
  id: "0199f0f4-0000-7000-8000-000000000001",
  note: null,
  views: 9_007_199_254_740_993n,
  valid_until: null,
  log: [{ at: new Date(0), by: "me" }],
  created_at: new Date(1),
  updated_at: new Date(2),
  deleted_at: null,
  is_deleted: false,
};

describe("rowSchema", () => {
  it("writes a row as stored, and gives it back to a caller", () => {
    const written = z.encode(Offers.rowSchema, row);
    assert.deepEqual(written, {
      id: row.id,
      note: null,
      views: "9007199254740993",
      valid_until: null,
      log: [{ at: "1970-01-01T00:00:00.000Z", by: "me" }],
      created_at: "1970-01-01T00:00:00.001Z",
      updated_at: "1970-01-01T00:00:00.002Z",
      deleted_at: null,
      is_deleted: false,
    });
    assert.deepEqual(Offers.rowSchema.parse(JSON.parse(JSON.stringify(written))), row);
    assert.equal(Offers.rowSchema, Offers.rowSchema);
  });

  it("is the answer of an endpoint, and of a part of the row", async () => {
    const GetOffer = defineEndpoint("GET /offers/:id", { data: Offers.rowSchema });
    const ListOffers = defineEndpoint("GET /offers", {
      list: Offers.rowSchema.pick({ id: true, valid_until: true }),
    });
    const app = new Hono();
    app.use(glamMiddleware());
    implement(app, GetOffer, () => row);
    implement(app, ListOffers, () => ({ items: [row], total: 1 }));
    const one = await (await app.request("/offers/7")).json() as { data: { views: string } };
    assert.equal(one.data.views, "9007199254740993");
    const list = await (await app.request("/offers")).json() as { data: unknown };
    assert.deepEqual(list.data, [{ id: row.id, valid_until: null }]);
    assert.match(JSON.stringify(openapi(app, { title: "Offers", version: "1.0.0" })), /Not longer than this/);
  });

  it("has the types of a row, and of what travels", () => {
    const same: Written = row;
    const back: Row = same;
    const travels: InputOf<typeof Offers.rowSchema> = {
      ...back,
      valid_until: null,
      deleted_at: null,
      views: "1",
      created_at: "",
      updated_at: "",
      log: [{ at: "" }],
    };
    // @ts-expect-error: a Date does not travel
    const wrong: InputOf<typeof Offers.rowSchema> = { ...travels, created_at: new Date() };
    assert.ok(wrong);
  });
});
