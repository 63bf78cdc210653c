import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { glamMiddleware, success } from "@glam/shared/api";
import {
  connectNats,
  createListener,
  createMemoryBus,
  createResponder,
  defineEvent,
  defineRequest,
} from "@glam/shared/messaging";
import { Hono } from "hono";
import {
  connect,
  type NatsConnection,
  type ServiceIdentity,
  type ServiceInfo,
  type ServiceStats,
} from "nats";
import * as z from "zod";
import { type NatsServer, startNats } from "../_support/nats_server.ts";
import { recordingLogger } from "../_support/recording_logger.ts";
import { PATIENCE_MS, waitFor } from "../_support/wait_for.ts";
import { infoResponse, pingResponse, statsResponse } from "./_micro_schemas.ts";
import { startService } from "./_processes.ts";
import { fakeRelay, testService } from "./_support.ts";

const { logger } = recordingLogger();
const Done = defineEvent("evt.test.done.v1", z.object({ n: z.int() }));
const Ask = defineRequest("rpc.test.ask.v1", { request: z.null(), response: z.string() });

/** The numbers of an endpoint. */
interface Numbers {
  readonly subject: string;
  readonly num_requests: number;
  readonly num_errors: number;
}

/** All that a client of another package hears, whatever the number of instances. */
async function heard<T>(answers: Promise<AsyncIterable<T>>): Promise<T[]> {
  const all: T[] = [];
  try {
    for await (const answer of await answers) all.push(answer);
  } catch (error) {
    if ((error as { code?: string }).code !== "503") throw error; // nobody answers
  }
  return all;
}

describe("a client of another package", () => {
  let server: NatsServer;
  before(async () => void (server = await startNats()));
  after(() => server.stop());

  const connectAll = async () => {
    const account = server.account();
    const foreign: NatsConnection = await connect({ servers: server.url, ...account });
    const client = foreign.services.client({ strategy: "timer" as never, maxWait: 500 });
    const nats = { servers: server.url, ...account };
    return { nats, client, foreign, [Symbol.asyncDispose]: () => foreign.close() };
  };

  it("finds three instances, and two after one was killed", async () => {
    await using own = await connectAll();
    await using first = startService({ nats: own.nats });
    await using second = startService({ nats: own.nats });
    await using third = startService({ nats: own.nats });
    const urls = await Promise.all([first.url, second.url, third.url]);
    // A busy instance may answer after the client's wait.
    const answers = (count: number, id?: string) =>
      waitFor(async () => {
        const found = await heard(own.client.ping("test", id));
        return found.length === count && found;
      }, `${count} answer`) as Promise<ServiceIdentity[]>;
    const found = await answers(3);
    assert.equal(new Set(found.map(({ id }) => id)).size, 3);
    const ports = (texts: readonly (string | undefined)[]) =>
      texts.map((text) => text?.split(":").at(-1)).sort();
    assert.deepEqual(ports(found.map(({ metadata }) => metadata?.["url"])), ports(urls));
    for (const { metadata, version, name } of found) {
      assert.deepEqual(Object.keys(metadata!).sort(), ["package", "runtime", "url"]);
      assert.equal(name, "test");
      assert.match(version, /^\d+\.\d+\.\d+$/);
    }
    second.signal("SIGKILL");
    const [one] = await answers(2);
    await answers(1, one!.id);
    assert.deepEqual(await heard(own.client.ping("other")), []);
  });

  it("reads what the parts of a service do", async () => {
    await using own = await connectAll();
    const bus = await connectNats(own.nats);
    const listener = createListener(bus, {
      service: "test",
      queueGroup: "done",
      events: [Done],
      handle({ data }) {
        if (data.n === 2) throw new Error("hunter2");
      },
      backoffMs: [1],
      maxAttempts: 2,
      logger,
    });
    const responder = createResponder(bus, { service: "test" });
    const app = new Hono();
    app.use(glamMiddleware({ service: "test", logger }));
    app.get("/", (c) => success(c, 1));
    app.get("/fail", () => {
      throw new Error("hunter2");
    });
    const { service } = testService({
      name: "test service",
      version: "1.2.3-rc.1",
      app,
      bus,
      listeners: [listener],
      responders: [responder],
      outbox: {
        relay: () => ({
          ...fakeRelay(),
          health: () => ({ status: "healthy", pending: 3, reasons: ["hunter2"] }),
        }),
      },
      checks: { cache: () => false },
      required: [],
    });
    await using _service = service;
    await service.start();
    await responder.respond(Ask, () => "yes");
    await (await fetch(`${service.address?.url}/`)).text();
    await (await fetch(`${service.address?.url}/fail`)).text();
    await bus.request(Ask, null);
    for (const n of [1, 2]) {
      await bus.publish({
        subject: Done.subject,
        data: JSON.stringify({
          event_id: `${n}`,
          event_type: Done.subject,
          timestamp: new Date(),
          data: { n },
        }),
      });
    }
    await waitFor(() => listener.stats().consumers[0]?.dead_letters === 1, "one is a dead letter");

    const [info] = await waitFor(async () => {
      const infos = await heard(own.client.info("test_service"));
      return infos.length === 1 && infos;
    }, "it is announced") as ServiceInfo[];
    assert.deepEqual([info!.type, info!.id, info!.version, info!.description], [
      "io.nats.micro.v1.info_response",
      service.instance,
      "1.2.3-rc.1",
      "",
    ]);
    const [stats] = await waitFor(async () => {
      const found = await heard(own.client.stats("test_service", service.instance));
      return found.length === 1 && found;
    }, "it tells its numbers") as ServiceStats[];
    assert.equal(stats!.type, "io.nats.micro.v1.stats_response");
    assert.ok(Date.parse(stats!.started) <= Date.now());
    const endpoints = new Map(stats!.endpoints!.map((each) => [each.name, each]));
    const names = ["health", "http", "test-done-evt_test_done_v1", "outbox", "rpc_test_ask_v1"];
    assert.deepEqual([...endpoints.keys()], names);
    assert.deepEqual(info!.endpoints.map(({ name }) => name), names);
    const of = (name: string) =>
      endpoints.get(name) as unknown as Numbers & { data: Record<string, unknown> };
    assert.deepEqual(of("health").data["checks"], {
      bus: "healthy",
      outbox: "healthy",
      "test-done": "healthy",
      cache: "unhealthy",
    });
    assert.deepEqual([of("http").num_requests, of("http").num_errors], [2, 1]);
    assert.deepEqual([of("rpc_test_ask_v1").num_requests, of("rpc_test_ask_v1").subject], [1, Ask.subject]);
    assert.equal(of("outbox").data["pending"], 3);
    const consumer = of("test-done-evt_test_done_v1");
    assert.deepEqual([consumer.subject, consumer.num_requests, consumer.num_errors], [Done.subject, 3, 2]);
    assert.deepEqual([consumer.data["listener"], consumer.data["dead_letters"]], ["test-done", 1]);
    for (const each of endpoints.values()) {
      assert.match(each.name!, /^[a-zA-Z0-9_-]+$/);
      assert.equal((each as { last_error?: string }).last_error, "");
      assert.ok(Number.isInteger(each.processing_time) && Number.isInteger(each.average_processing_time));
    }
    assert.doesNotMatch(JSON.stringify([info, stats]), /hunter2/);
    infoResponse.parse(info);
    statsResponse.parse(stats);
    await service.stop();
    assert.deepEqual(await heard(own.client.ping("test_service")), []);
  });

  it("is not answered on subjects that are no inbox", async () => {
    await using own = await connectAll();
    const { service } = testService({ bus: await connectNats(own.nats) });
    await using _service = service;
    await service.start();
    await waitFor(async () => (await heard(own.client.ping("test"))).length === 1, "it is announced");
    const seen: string[] = [];
    for (const subject of ["$SRV.PING.x", "evt.x", "cmd.x", "dlq.x", "rpc.x", "glam.ctl.x.y"]) {
      const subscription = own.foreign.subscribe(subject);
      void (async () => {
        for await (const { subject, data } of subscription) if (data.length > 0) seen.push(subject);
      })();
      own.foreign.publish("$SRV.PING", "", { reply: subject });
    }
    await own.foreign.flush();
    assert.equal((await heard(own.client.ping("test"))).length, 1); // it has seen all of them
    assert.deepEqual(seen, []);
  });
});

describe("a service without the permission to answer", () => {
  const config = `authorization { users: [
    { user: all, password: p },
    { user: no_subscribe, password: p, permissions: { publish: ">", subscribe: ["_INBOX.>"] } },
    { user: no_reply, password: p, permissions: { publish: { deny: ["_INBOX.>"] }, subscribe: ">" } },
  ] }`;

  for (const user of ["no_subscribe", "no_reply"]) {
    it(`starts as before as ${user}, with one WARNING`, async () => {
      const server = await startNats({ config });
      const foreign = await connect({ servers: server.url, user: "all", pass: "p" });
      try {
        const { entries: busLines, logger: busLogger } = recordingLogger();
        const bus = await connectNats({ servers: server.url, user, pass: "p", logger: busLogger });
        const { service, lines } = testService({ bus, streams: false });
        await using _service = service;
        await service.start();
        const warnings = () =>
          lines.filter(({ message }) => message.startsWith("The service is not announced"));
        await waitFor(async () => {
          await heard(foreign.services.client({ maxWait: 200 } as never).ping());
          return warnings().length > 0;
        }, "it warns");
        await heard(foreign.services.client({ maxWait: 200 } as never).ping());
        assert.deepEqual(warnings().map(({ level }) => level), ["warn"]);
        assert.deepEqual(busLines.filter(({ level }) => level === "error"), []);
        assert.equal((await fetch(`${service.address?.url}/health/ready`)).status, 200);
      } finally {
        await foreign.close();
        await server.stop();
      }
    });
  }
});

describe("announcing", () => {
  const pings = async (options: object) => {
    const bus = createMemoryBus();
    const { service } = testService({ bus, version: "beta", ...options });
    await using _service = service;
    await service.start();
    const ask = async () => {
      const answers = await bus.gather!("$SRV.PING", "", { timeoutMs: PATIENCE_MS, idleMs: 1 });
      return answers.map(({ data }) => JSON.parse(new TextDecoder().decode(data)) as ServiceIdentity);
    };
    if (!("announce" in options)) await waitFor(async () => (await ask()).length > 0, "it is announced");
    return await ask();
  };

  it("works on any bus, and says a version that is none of semver in the metadata", async () => {
    const [{ version, metadata }] = await pings({}) as [ServiceIdentity];
    assert.deepEqual([version, metadata?.["version"]], ["0.0.0", "beta"]);
  });

  it("tells how schedules are, in numbers", async () => {
    const bus = createMemoryBus();
    const scheduler = {
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
      finished: new Promise<void>(() => {}),
      health: () => ({ status: "degraded", reasons: ["hunter2"], jobs: 3, running: 1 }),
    };
    const { service } = testService({ bus, scheduler } as never);
    await using _service = service;
    await service.start();
    const stats = await waitFor(async () => {
      const [answer] = await bus.gather!("$SRV.STATS.test", "", { timeoutMs: PATIENCE_MS, idleMs: 1 });
      return answer && new TextDecoder().decode(answer.data);
    }, "it is announced");
    const { endpoints } = JSON.parse(stats as string) as { endpoints: { name: string; data: unknown }[] };
    const schedules = endpoints.find(({ name }) => name === "schedules");
    assert.deepEqual(schedules?.data, { status: "degraded", jobs: 3, running: 1 });
    assert.doesNotMatch(stats as string, /hunter2/);
  });

  it("answers as NATS has published it, whatever a service and its version are called", async () => {
    for (const version of ["2026-12-01", "v1.2.3", "01.2.3", "1.2.3-rc.1+build.5"]) {
      const bus = createMemoryBus();
      const { service } = testService({ name: "shop: orders", version, bus });
      await using _service = service;
      await service.start();
      const ask = (verb: string) =>
        waitFor(async () => {
          const [answer] = await bus.gather!(`$SRV.${verb}`, "", { timeoutMs: PATIENCE_MS, idleMs: 1 });
          return answer && JSON.parse(new TextDecoder().decode(answer.data));
        }, "it is announced");
      pingResponse.parse(await ask("PING"));
      infoResponse.parse(await ask("INFO"));
      statsResponse.parse(await ask("STATS"));
    }
  });

  it("can be turned off", async () => assert.deepEqual(await pings({ announce: false }), []));
});
