import assert from "node:assert/strict";
import { it } from "node:test";
import { Parser } from "@asyncapi/parser";
import * as messaging from "@glam/shared/messaging";
import {
  asyncapi,
  CreditDeducted,
  defineEvent,
  defineRequest,
  type EventContract,
} from "@glam/shared/messaging";
import * as z from "zod";
import { breakingChanges, type Messages } from "../../_support/breaking_changes.ts";
import { waitFor } from "../../_support/wait_for.ts";

const contracts = Object.values(messaging).filter((value) =>
  typeof value === "object" && value !== null && "subject" in value && "version" in value
) as unknown as EventContract[];

const GetBalance = defineRequest("rpc.credit.balance.v1", {
  request: z.object({ merchantId: z.string() }),
  response: z.object({ credits: z.int() }),
});

async function problems(document: object): Promise<string[]> {
  const { diagnostics } = await new Parser().parse(JSON.stringify(document));
  // Severity 0 is an error, 1 a warning; what is less is advice on style.
  return diagnostics.filter(({ severity }) => severity <= 1).map(({ message, path }) =>
    `${path.join(".")}: ${message}`
  );
}

it("asyncapi describes every event, and a request, in a document that the official parser accepts", async () => {
  const document = asyncapi([...contracts, GetBalance], {
    title: "Everything",
    version: "2.1.0",
    description: "All events.",
    servers: { production: "app:hunter2@nats.example.com:4222" },
    receives: [CreditDeducted],
  });
  assert.deepEqual(await problems(document), []);
  assert.deepEqual(document.servers, { production: { host: "nats.example.com:4222", protocol: "nats" } });
  const { document: parsed } = await new Parser().parse(JSON.stringify(document));
  const channels = parsed!.allChannels().all().map((channel) => channel.address());
  for (const { subject } of contracts) assert.ok(channels.includes(subject), subject);
  const received = parsed!.allOperations().filterByReceive().map((operation) => operation.id());
  assert.deepEqual(received, [`receive.${CreditDeducted.subject}`]);
});

it("the parser does find faults, so that its silence says something", async () => {
  const document = asyncapi([CreditDeducted]);
  const broken = {
    ...document,
    operations: { x: { action: "shout", channel: { $ref: "#/channels/nowhere" } } },
  };
  assert.notDeepEqual(await problems(broken), []);
});

it("examples are whole events that their schema describes", () => {
  const { messages } = asyncapi(contracts).components as {
    messages: Record<string, { examples: { payload: Record<string, unknown> }[] }>;
  };
  for (const contract of contracts) {
    for (const { payload } of messages[contract.subject]!.examples) {
      const bytes = new TextEncoder().encode(JSON.stringify(payload));
      assert.equal(messaging.decodeEvent(contract, bytes).error, undefined, contract.subject);
    }
  }
});

it("asyncapi is the same at each call, whatever the time", async () => {
  const first = JSON.stringify(asyncapi(contracts));
  const before = Date.now();
  await waitFor(() => Date.now() > before, "the clock shows another time");
  assert.equal(JSON.stringify(asyncapi(contracts)), first);
});

it("asyncapi names schemas as the document of the endpoints does, and refuses what JSON has no image of", async () => {
  const Money = z.object({ amount: z.int() }).meta({ id: "AsyncApiMoney" });
  const Tree: z.ZodType = z.object({
    get children() {
      return z.array(Tree);
    },
  });
  const document = asyncapi([
    defineEvent(
      "evt.test.paid.v1",
      z.object({ money: Money, at: z.string().default(() => crypto.randomUUID()) }),
    ),
    defineEvent("evt.test.grown.v1", Tree as never),
  ]);
  assert.deepEqual(await problems(document), []);
  const { schemas, messages } = document.components as Record<string, Record<string, never>>;
  assert.deepEqual(Object.keys(schemas!), ["AsyncApiMoney", "evt.test.grown.v1_1"]);
  assert.match(
    JSON.stringify(messages!["evt.test.paid.v1"]),
    /"money":\{"\$ref":"#\/components\/schemas\/AsyncApiMoney"\}/,
  );
  assert.doesNotMatch(JSON.stringify(document), /"default"/);
  assert.throws(
    () => asyncapi([defineEvent("evt.test.odd.v1", z.object({ at: z.map(z.string(), z.string()) }))]),
    { name: "TypeError", message: /evt\.test\.odd\.v1, data, at at: JSON has no image of the type map/ },
  );
});

it("asyncapi refuses two contracts of one subject", () => {
  const again = defineEvent(CreditDeducted.subject, z.object({}));
  assert.throws(() => asyncapi([CreditDeducted, again]), TypeError);
});

it("nothing of the fleet's own contracts has changed that breaks who knows them as they were published", async () => {
  const path = new URL("../events/contracts.json", import.meta.url);
  const published: { messages: Messages } = JSON.parse(await Deno.readTextFile(path));
  const current: { messages: Messages } = JSON.parse(JSON.stringify(asyncapi(contracts).components));
  assert.deepEqual(breakingChanges(published.messages, current.messages), []);
  // What was added is written into the file with the release: from then on it is published, too.
  assert.notEqual(Object.keys(published.messages).length, 0);
});
