import { root } from "../scripts/_project.ts";
import { runOrThrow } from "../scripts/_run.ts";
import { type RunningChild, startChild } from "../tests/_support/child_process.ts";
import { type NatsServer, startNats } from "../tests/_support/nats_server.ts";
import { waitFor } from "../tests/_support/wait_for.ts";
import { median, medianRatio, takeTurns } from "./_statistics.ts";
import { atLeast, known, type Row } from "./_table.ts";

const ROUNDS = 5;
const EVENTS = 20_000;
/** Fewer for handlers that take a while. */
const SLOW_EVENTS = 4000;
const DENO = ["run", "-A", "--no-check", "--quiet"];

/** What the order of keys costs: 16 partitions against a listener without, and against more replicas. */
export async function partitionRows(): Promise<Row[]> {
  return [...await measure(0, EVENTS), ...await measure(5, SLOW_EVENTS)];
}

async function measure(handlerMs: number, events: number): Promise<Row[]> {
  await using server = await startNats({ accounts: false });
  const folder = `${root}/bench/partitions`;
  await runOrThrow([Deno.execPath(), ...DENO, `${folder}/publish.ts`, server.url, String(events)], {
    cwd: root,
  });
  const rates = await takeTurns(ROUNDS, {
    plain: () => handle(server, "plain", 1, handlerMs, events),
    one: () => handle(server, "keyed", 1, handlerMs, events),
    three: () => handle(server, "keyed", 3, handlerMs, events),
  });
  const what = `16 partitions, handler ${handlerMs === 0 ? "empty" : `of ${handlerMs} ms`}`;
  const perSecond = (values: readonly number[]) =>
    `${Math.round(median(values)).toLocaleString("en")} a second`;
  const three = medianRatio(rates.three, rates.one);
  return [
    atLeast(
      `${what}, one replica`,
      "the same listener without partitions, 16 at a time",
      medianRatio(rates.one, rates.plain),
      handlerMs === 0 ? 0.3 : 0.6,
    ),
    // With an empty handler three replicas and the server only share the cores.
    handlerMs === 0
      ? known(`${what}, three replicas`, "one replica", three.toFixed(2))
      : atLeast(`${what}, three replicas`, "one replica", three, 0.8),
    known(`${what}, one replica`, "", perSecond(rates.one)),
    known(`${what}, three replicas`, "", perSecond(rates.three)),
  ];
}

let serial = 0;

/** Events in a second that so many replicas handle of a backlog. */
async function handle(
  server: NatsServer,
  kind: "keyed" | "plain",
  count: number,
  handlerMs: number,
  events: number,
): Promise<number> {
  const args = [`${root}/bench/partitions/replica.ts`, server.url, kind, `g${serial++}`, String(handlerMs)];
  const replicas = Array.from(
    { length: count },
    () => startChild(Deno.execPath(), [...DENO, ...args], { isInteractive: true }),
  );
  try {
    await waitFor(() => replicas.every((each) => handledBy(each) !== undefined), "all replicas listen");
    const since = performance.now();
    for (const { input } of replicas) input.write("go\n");
    await waitFor(
      () => replicas.reduce((sum, each) => sum + handledBy(each)!, 0) >= events,
      "all are handled",
    );
    return 1000 * events / (performance.now() - since);
  } finally {
    await Promise.all(replicas.map((each) => each[Symbol.asyncDispose]()));
  }
}

function handledBy(child: RunningChild): number | undefined {
  const line = child.out().trimEnd().split("\n").at(-1);
  return line === "" || line === undefined ? undefined : Number(line);
}
