import { it } from "node:test";
import type { Sql } from "@glam/shared/db";
import { createListener, createMemoryBus, defineEvent, type Inbox } from "@glam/shared/messaging";
import * as z from "zod";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
function expectType<_ extends true>(): void {}

const One = defineEvent("evt.test.one.v1", z.object({ n: z.int() }));
const base = { service: "test", queueGroup: "types", events: [One] } as const;
const bus = createMemoryBus();
const inbox = undefined as unknown as Inbox;
const perhaps = undefined as unknown as Inbox | undefined;

it("a handler has `tx` exactly where its listener has an inbox", async () => {
  const compiled: readonly (() => unknown)[] = [
    () =>
      createListener(bus, {
        ...base,
        inbox,
        deps: 7,
        middleware: [({ tx }, next) => {
          expectType<Equal<typeof tx, Sql>>();
          return next();
        }],
        handle({ tx, data, deps }) {
          expectType<Equal<typeof tx, Sql>>();
          expectType<Equal<typeof data, { n: number }>>();
          expectType<Equal<typeof deps, number>>();
        },
      }),
    () =>
      createListener(bus, {
        ...base,
        handle(args) {
          expectType<Equal<"tx" extends keyof typeof args ? true : false, false>>();
        },
      }),
    () =>
      createListener(bus, {
        ...base,
        inbox: undefined,
        // @ts-expect-error: there is no inbox
        handle({ tx }) {
          return tx;
        },
      }),
    () =>
      createListener(bus, {
        ...base,
        inbox: perhaps,
        // @ts-expect-error: there may be no inbox
        handle({ tx }) {
          return tx;
        },
      }),
  ];
  if (compiled.length === 0) throw new Error("nothing was compiled");
  await bus.close();
});
