import { sleep, withDeadline } from "../../internal/clock.ts";
import type { ListenerCore } from "./_core.ts";
import type { HeldMessage, KeyQueue } from "./_held_message.ts";

/** How long to wait for deliveries that are on their way, in milliseconds. */
const DRAIN_MS = 2000;
/** How long a handler may take to end after its signal was aborted, in milliseconds. */
const ABORT_MS = 500;
/** How long to wait for the server to confirm the last acknowledgements, in milliseconds. */
const FLUSH_MS = 5000;

/**
 * Stops an engine: starts no handler any more, returns the messages that no handler has begun, waits up to `graceMs` for the
 * running handlers, and waits for the server to confirm every acknowledgement.
 */
export async function stopEngine(engine: ListenerCore): Promise<void> {
  const { graceMs } = engine.settings;
  const until = engine.now() + graceMs;
  engine.isStopping = true;
  engine.monitor.stop();
  const keeping = engine.inboxCleanup?.stop();
  await withDeadline(Promise.all(engine.sources.map((source) => source.pause())), DRAIN_MS, "").catch(
    () => {},
  );
  giveBackIdle(engine);
  if (!await engine.whenIdle(until - engine.now())) {
    const left = heldOf(engine).filter(({ state }) => state === "running");
    engine.logger.warn("Handlers did not finish within the grace, and are aborted", {
      handlers: left.length,
    });
    engine.isAborting = true;
    for (const held of left) held.invocation?.abort(new DOMException("The listener stops", "AbortError"));
    await engine.whenIdle(ABORT_MS);
  }
  giveBackAll(engine);
  await withDeadline(Promise.resolve(keeping), Math.max(until - engine.now(), 1000), "").catch(() => {});
  engine.monitor.flush();
  await confirm(engine, Math.max(until - engine.now(), 1000));
}

/** Returns the messages that no handler has begun, in stream order, which is the order of their redelivery. */
function giveBackIdle(engine: ListenerCore): void {
  const idle = heldOf(engine).filter(({ state }) => state !== "running" && state !== "dead_lettering");
  const now = engine.now();
  // Messages behind a waiting one of their key get its delay, so that they do not overtake it.
  const dueByKeyQueue = new Map<KeyQueue | undefined, number>();
  for (const { keyQueue, state, dueAt } of idle) if (state === "waiting") dueByKeyQueue.set(keyQueue, dueAt);
  dueByKeyQueue.delete(undefined);
  for (const held of idle) {
    held.timer?.cancel();
    const dueAt = held.state === "waiting" ? held.dueAt : dueByKeyQueue.get(held.keyQueue) ?? now;
    engine.giveBack(held, Math.max(0, dueAt - now));
  }
}

function giveBackAll(engine: ListenerCore): void {
  for (const held of heldOf(engine)) {
    held.invocation = undefined;
    engine.giveBack(held, 0);
  }
}

function heldOf(engine: ListenerCore): HeldMessage[] {
  return engine.sources.flatMap((source) =>
    [...source.held.values()].sort((one, other) => one.sequence - other.sequence)
  );
}

/** Waits until the server has confirmed the last acknowledgements; it redelivers messages whose acknowledgement is lost. */
async function confirm(engine: ListenerCore, ms: number): Promise<void> {
  const { bus } = engine;
  const until = performance.now() + Math.min(ms, FLUSH_MS);
  while (performance.now() < until) {
    if (bus.connected) {
      const left = Math.max(0, until - performance.now());
      if (await withDeadline(bus.flush(), left, "").then(() => true, () => false)) return;
    }
    await sleep(Math.min(50, Math.max(0, until - performance.now())));
  }
  engine.logger.warn("Listener stopped before the server confirmed the last acknowledgements");
}
