// The commands and the page of operations in a fleet with a stream for each domain.
import assert from "node:assert/strict";
import { after, it } from "node:test";
import {
  connectNats,
  createPublisher,
  defineEvent,
  domainStreams,
  ensureStreams,
} from "@glam/shared/messaging";
import { createOpsApp } from "@glam/shared/ops";
import * as z from "zod";
import { startNats } from "../_support/nats_server.ts";
import { glam } from "./_glam.ts";

const server = await startNats();
after(() => server.stop());

const schema = z.object({ n: z.int() });
const subjects = ["evt.shop.order.placed.v1", "evt.email.send.complete.v1", "cmd.catalog.sync.requested.v1"];
const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {} };

it("events are followed, looked for, redriven and shown in the streams of all domains", async () => {
  const { user, pass } = server.account();
  const streams = domainStreams(["shop", "email"]);
  await using bus = await connectNats({ servers: server.url, user, pass, streams });
  await ensureStreams(bus);
  const call = async (...args: string[]) => {
    const given = [...args, "--servers", server.url, "--user", user];
    const { code, out, errors } = await glam(given, { env: { NATS_PASSWORD: pass } });
    assert.equal(code, 0, errors);
    return out.trim().split("\n");
  };
  const stored = ["GLAM_SHOP", "GLAM_EMAIL", "GLAM_EVENTS"];
  const publisher = createPublisher(bus, { service: "test" });
  for (const n of [0, 1, 2, 3, 4, 5]) {
    const event = defineEvent(subjects[n % 3]!, schema);
    await publisher.publish(event, { n }, { correlationId: "corr_of_all" });
  }

  const tailed = (await call("events", "tail", "--since", "1h", "--count", "4", "--json")).map((line) =>
    JSON.parse(line)
  );
  assert.deepEqual(tailed.map(({ body }) => body.data.n), [0, 1, 3, 4]);
  assert.deepEqual(tailed.map(({ stream }) => stream), [
    "GLAM_SHOP",
    "GLAM_EMAIL",
    "GLAM_SHOP",
    "GLAM_EMAIL",
  ]);
  const trail = (await call("events", "trail", "corr_of_all", "--json")).map((line) => JSON.parse(line));
  assert.deepEqual(trail.map(({ body }) => body.data.n), [5, 4, 3, 2, 1, 0]);
  const published = await call("events", "publish", subjects[1]!, '{"n":6}', "--unchecked");
  assert.match(published[0]!, /: GLAM_EMAIL 3$/);

  for (const subject of subjects) await bus.publish({ subject: `dlq.${subject}`, data: '{"data":{"n":7}}' });
  assert.equal((await call("dlq", "redrive", "--all"))[0], "Redrove 3 of 3 dead letters");
  for (const name of stored) assert.ok((await bus.streamInfo(name))!.messages >= 3, name);

  const authorize = () => ({ name: "test", can: ["read" as const] });
  const app = createOpsApp({ authorize, bus, logger: silent });
  const page = await (await app.request("/streams")).text();
  for (const name of stored) assert.match(page, new RegExp(`id="${name}"`));
});
