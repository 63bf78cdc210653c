import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Operator } from "@glam/shared/ops";
import { type OutgoingMessage, Streams } from "@glam/shared/messaging";
import { waitFor } from "../_support/wait_for.ts";
import { ADA, bury, fleetBus, mountOps, readUntil } from "./_support.ts";

const READER: Operator = { name: "reader", can: ["read"] };

/** The sequences that a list shows, in its order. */
function sequencesOf(text: string): number[] {
  return [...text.matchAll(/dead-letters\/(\d+)">/g)].map(([, sequence]) => Number(sequence));
}

describe("the page of dead letters", () => {
  it("shows fifty, newest first, and leads to the older ones", async () => {
    await using bus = await fleetBus();
    for (let n = 1; n <= 120; n++) await bury(bus);
    const ops = mountOps({ bus }, READER);
    const seen: number[] = [];
    for (let path: string | undefined = "/ops/dead-letters"; path !== undefined;) {
      const { status, text } = await ops.get(path);
      assert.equal(status, 200);
      seen.push(...sequencesOf(text));
      const [, next] = /rel="next" href="([^"]+)"/.exec(text) ?? [];
      path = next && `/ops/dead-letters${next}`;
    }
    assert.deepEqual(seen, Array.from({ length: 120 }, (_, index) => 120 - index));
  });

  it("filters by subject, consumer, code and time, and says what is wrong with a filter", async () => {
    await using bus = await fleetBus();
    await bury(bus, { subject: "evt.order.placed.v1", consumer: "orders", code: "DATABASE_ERROR" });
    await bury(bus, { subject: "evt.order.paid.v1", consumer: "billing", code: "DATABASE_ERROR" });
    await bury(bus, { subject: "evt.credit.deducted.v1", consumer: "billing", code: "TIMEOUT" });
    const ops = mountOps({ bus }, READER);
    const list = async (query: string) => sequencesOf((await ops.get(`/ops/dead-letters?${query}`)).text);
    assert.deepEqual(await list("subject=evt.order.>"), [2, 1]);
    assert.deepEqual(await list("consumer=billing"), [3, 2]);
    assert.deepEqual(await list("code=DATABASE_ERROR&consumer=billing"), [2]);
    assert.deepEqual(await list("since=1h"), [3, 2, 1]);
    assert.deepEqual(await list("until=1h"), []);
    assert.deepEqual(await list("since=2020-01-01T00:00Z&until=2020-01-02T00:00Z"), []);
    for (const query of ["subject=evt..x", "subject=a%20b", "since=yesterday", "until=2026-99-99"]) {
      const { status, text } = await ops.get(`/ops/dead-letters?${query}`);
      assert.equal(status, 422, query);
      assert.match(text, /class="note bad"/);
    }
  });

  it("shows who may read neither payloads, nor header values, nor messages, and takes down no look", async () => {
    await using bus = await fleetBus();
    const sequence = await bury(bus, {
      data: JSON.stringify({ data: { note: "the payload" } }),
      headers: [["X-Own", "the header"], ["X-Correlation-ID", "corr_1"]],
    });
    const ops = mountOps({ bus }, READER);
    for (const path of ["/ops", "/ops/dead-letters", `/ops/dead-letters/${sequence}`, "/ops/streams"]) {
      const { text } = await ops.get(path);
      assert.doesNotMatch(text, /the payload|the header|X-Own|the secret reason/, path);
    }
    const { text } = await ops.get(`/ops/dead-letters/${sequence}`);
    assert.match(text, /INTERNAL_ERROR/);
    assert.match(text, /trail\?id=corr_1/);
    assert.deepEqual(ops.audits(), []);
  });

  it("shows payload, headers and error to who may see them, masked as in a log, and takes down each look", async () => {
    await using bus = await fleetBus();
    const data = JSON.stringify({
      data: {
        email: "ada@example.com",
        nested: [{ password: "hunter2", api_key: "k" }],
        big: 9007199254740993,
      },
    }).replace("9007199254740992", "9007199254740993");
    const sequence = await bury(bus, {
      data,
      headers: [["Authorization", "Bearer abcdefghijklmnopqrst"], ["X-Own", "the header"]],
    });
    const ops = mountOps({ bus, redact: ["email"] });
    const { text } = await ops.get(`/ops/dead-letters/${sequence}`);
    assert.match(text, /the header/);
    assert.match(text, /the secret reason/);
    assert.match(text, /9007199254740993/);
    assert.doesNotMatch(text, /ada@example|hunter2|abcdefghij/);
    const file = await ops.get(`/ops/dead-letters/${sequence}/raw`);
    assert.equal(file.text, data);
    assert.equal(file.response.headers.get("content-type"), "application/octet-stream");
    assert.match(file.response.headers.get("content-disposition")!, /^attachment; /);
    assert.match(file.response.headers.get("content-security-policy")!, /sandbox/);
    assert.deepEqual(ops.audits(), [
      { operator: "ada", action: "payload.show", sequence, subject: "evt.order.placed.v1" },
      {
        operator: "ada",
        action: "payload.download",
        sequence,
        subject: "evt.order.placed.v1",
        bytes: data.length,
      },
    ]);
  });

  it("shows a hostile dead letter as text: markup, escape sequences, one megabyte, no JSON", async () => {
    await using bus = await fleetBus();
    const markup = `</pre></script><img src=x onerror=alert(1)><style>*{display:none}</style>"'&`;
    const controls = "\u001b[2J\u001b]0;title\u0007\u0000\u202Egnp.exe\u2028";
    const payloads = [
      markup,
      controls,
      JSON.stringify({ a: markup, [markup]: controls }),
      "x".repeat(1_000_000),
    ];
    const sequences: number[] = [];
    for (const data of payloads) {
      const headers = [["X-Markup", markup], [`X-<b>`, "v"]] as const;
      sequences.push(
        await bury(bus, { data, code: markup, consumer: "\u202Egnp.exe\u2028", headers }),
      );
    }
    sequences.push(await bury(bus, { data: Uint8Array.from({ length: 256 }, (_, byte) => byte) }));
    const deep = await bury(bus, { data: "[".repeat(100_000) + "]".repeat(100_000) });
    const ops = mountOps({ bus });
    const pages = [
      "/ops/dead-letters",
      ...[...sequences, deep].map((sequence) => `/ops/dead-letters/${sequence}`),
    ];
    pages.push(`/ops/dead-letters?code=${encodeURIComponent(markup)}`);
    pages.push(`/ops/dead-letters/redrive?code=${encodeURIComponent(markup)}`);
    for (const path of pages) {
      const { status, text } = await ops.get(path);
      assert.equal(status, 200, path);
      assert.doesNotMatch(text, /<img|<\/script|<style>|<b>|onerror=alert\(1\)>/, path);
      // deno-lint-ignore no-control-regex -- that is what is looked for
      assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u202e\u2028]/, path);
      assert.ok(text.length < 250_000, `${path} has ${text.length} characters`);
    }
    const { text } = await ops.get(`/ops/dead-letters/${sequences[3]}`);
    assert.match(text, /900,000 characters more/);
  });

  it("is a page that says so where there is no such dead letter", async () => {
    await using bus = await fleetBus();
    const { status, text } = await mountOps({ bus }).get("/ops/dead-letters/7");
    assert.equal(status, 404);
    assert.match(text, /There is no such dead letter/);
  });

  it("shows and changes only those of an operator's merchants, one by one", async () => {
    await using bus = await fleetBus();
    const of = (merchant_id: string | undefined) =>
      bury(bus, { data: JSON.stringify({ data: { merchant_id } }) });
    const [own, other, none] = [await of("m_1"), await of("m_2"), await of(undefined)];
    const ops = mountOps({ bus }, { ...ADA, merchants: ["m_1"] });
    assert.deepEqual(sequencesOf((await ops.get("/ops/dead-letters")).text), [own]);
    assert.equal((await ops.get(`/ops/dead-letters/${own}`)).status, 200);
    for (const sequence of [other, none]) {
      assert.equal((await ops.get(`/ops/dead-letters/${sequence}`)).status, 404);
      assert.equal((await ops.get(`/ops/dead-letters/${sequence}/raw`)).status, 404);
      assert.equal((await ops.post("/ops/dead-letters/purge", { sequence: String(sequence) })).status, 422);
      assert.equal((await ops.post("/ops/dead-letters/redrive", { sequence: String(sequence) })).status, 422);
    }
    assert.equal((await ops.post("/ops/dead-letters/purge", { subject: ">" })).status, 422);
    assert.equal((await bus.streamInfo(Streams.DLQ))!.messages, 3);
    assert.match(
      (await ops.post("/ops/dead-letters/purge", { sequence: String(own) })).text,
      /Deleted 1 dead letter/,
    );
    assert.equal((await bus.streamInfo(Streams.DLQ))!.messages, 2);
  });
});

describe("redriving from the page", () => {
  it("asks first, says how many of what, and redrives these and no later ones", async () => {
    await using bus = await fleetBus();
    for (let n = 0; n < 3; n++) await bury(bus, { code: "DATABASE_ERROR" });
    await bury(bus, { code: "OTHER" });
    const ops = mountOps({ bus });
    const question = await ops.get("/ops/dead-letters/redrive?code=DATABASE_ERROR");
    assert.match(question.text, /<strong>3 dead letters<\/strong> will be redriven: code DATABASE_ERROR/);
    assert.match(question.text, /<button class="main">Redrive 3<\/button>/);
    assert.deepEqual(ops.audits(), []);
    const [, until] = /name="until" value="([^"]+)"/.exec(question.text)!;
    assert.ok(Date.now() - Date.parse(until!) < 60_000);
    const done = await ops.post("/ops/dead-letters/redrive", {
      code: "DATABASE_ERROR",
      until: until!,
      rate: "1000",
    });
    assert.match(done.text, /Redrove 3 of 3 dead letters/);
    assert.equal((await bus.streamInfo(Streams.EVENTS))!.messages, 3);
    const later = await bury(bus, { code: "DATABASE_ERROR" });
    const again = await ops.post("/ops/dead-letters/redrive", { code: "DATABASE_ERROR", until: until! });
    assert.match(again.text, /Redrove 0 of 0 dead letters/);
    assert.notEqual(await bus.readMessage(Streams.DLQ, { sequence: later }), undefined);
    const filter = `code DATABASE_ERROR, until ${until}`;
    assert.deepEqual(ops.audits().slice(0, 2), [
      { operator: "ada", action: "dead_letters.redrive", filter, outcome: "begins" },
      {
        operator: "ada",
        action: "dead_letters.redrive",
        filter,
        outcome: "done",
        matched: 3,
        redriven: 3,
        kept: 0,
      },
    ]);
  });

  it("redrives one, and says why it keeps one", async () => {
    await using bus = await fleetBus();
    const fine = await bury(bus);
    const foreign =
      await bury(bus, { subject: "$JS.API.STREAM.DELETE.GLAM_EVENTS" }).catch(() => undefined) ??
        await bury(bus, { subject: "other.subject" });
    const ops = mountOps({ bus });
    assert.match(
      (await ops.post("/ops/dead-letters/redrive", { sequence: String(fine) })).text,
      /Redrove 1 of 1/,
    );
    const kept = await ops.post("/ops/dead-letters/redrive", { sequence: String(foreign) });
    assert.match(kept.text, /Redrove 0 of 1/);
    assert.match(kept.text, /is not evt\./);
  });

  it("runs once at a time, shows how far it is, and goes on when the reader leaves", async () => {
    await using bus = await fleetBus();
    for (let n = 0; n < 40; n++) await bury(bus);
    const goesOn = Promise.withResolvers<void>();
    let published = 0;
    const held = new Proxy(bus, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (name !== "publish") return typeof value === "function" ? value.bind(target) : value;
        return async (message: OutgoingMessage) => {
          if (++published > 1) await goesOn.promise;
          return await target.publish(message);
        };
      },
    });
    const ops = mountOps({ bus: held });
    const response = await ops.app.request("/ops/dead-letters/redrive", {
      method: "POST",
      body: "subject=evt.%3E&rate=1000",
      headers: { "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin" },
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    await readUntil(reader, /<progress max="40" value="1">/);
    assert.equal((await ops.post("/ops/dead-letters/redrive", { subject: "evt.>" })).status, 409);
    await reader.cancel();
    goesOn.resolve();
    await waitFor(() => ops.audits().length === 2, "the redrive has ended");
    assert.equal((await bus.streamInfo(Streams.EVENTS))!.messages, 40);
    assert.equal((await ops.post("/ops/dead-letters/redrive", { subject: "evt.>" })).status, 200);
  });
});

describe("deleting from the page", () => {
  it("asks first, and deletes what it has asked for", async () => {
    await using bus = await fleetBus();
    for (let n = 0; n < 3; n++) await bury(bus, { code: n === 0 ? "KEPT" : "GONE" });
    const ops = mountOps({ bus });
    assert.match(
      (await ops.get("/ops/dead-letters/purge?code=GONE")).text,
      /<strong>2 dead letters<\/strong> will be deleted/,
    );
    assert.equal((await bus.streamInfo(Streams.DLQ))!.messages, 3);
    assert.match(
      (await ops.post("/ops/dead-letters/purge", { code: "GONE" })).text,
      /Deleted 2 dead letters/,
    );
    assert.equal((await bus.streamInfo(Streams.DLQ))!.messages, 1);
    const done = ops.audits().at(-1) as { action: string; removed: number };
    assert.deepEqual([done.action, done.removed], ["dead_letters.purge", 2]);
    assert.match((await ops.get("/ops/dead-letters/purge?code=GONE")).text, /No dead letter matches/);
  });

  it("wants the number of more than a thousand typed", async () => {
    await using bus = await fleetBus();
    for (let n = 0; n < 1001; n++) await bury(bus);
    const ops = mountOps({ bus });
    assert.match((await ops.get("/ops/dead-letters/purge")).text, /Type their number, 1001/);
    for (const count of ["", "1000", "1,001"]) {
      assert.equal((await ops.post("/ops/dead-letters/purge", { count })).status, 422);
    }
    assert.equal((await bus.streamInfo(Streams.DLQ))!.messages, 1001);
    assert.match((await ops.post("/ops/dead-letters/purge", { count: "1001" })).text, /Deleted 1,001/);
  });
});
