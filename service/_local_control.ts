import { NotFoundError } from "../errors/common.ts";
import type { LogLevel } from "../logging/levels.ts";
import { overrideLevel } from "../logging/override_level.ts";
import type { Listener } from "../messaging/listener/listener.ts";
import { namedListeners } from "./_health.ts";
import type { Settings } from "./_settings.ts";
import type { Control, ControlOptions, ControlState } from "./control.ts";

/** For how long the level stays. */
const LEVEL_MS = 15 * 60_000;

/** The control of a service by its own process. */
export interface LocalControl extends Control {
  /** Gives the loggers their own levels back. */
  end(): void;
}

/** Creates the control of a service. Every change is a line in its log. */
export function createLocalControl({ logger, options }: Settings, levelMs: number = LEVEL_MS): LocalControl {
  const listeners = new Map(namedListeners(options.listeners ?? []));
  let changed: { readonly level: LogLevel; readonly until: string; readonly timer: TimerLike } | undefined;

  const state = (): Promise<ControlState> =>
    Promise.resolve({
      listeners: Array.from(listeners, ([name, { durables, stats }]) => ({
        name,
        paused: stats?.().paused ?? false,
        subjects: [...durables?.keys() ?? []],
      })),
      ...changed !== undefined && { level: changed.level, level_until: changed.until },
    });

  function find(name: string): Listener {
    const listener = listeners.get(name);
    if (listener?.pause !== undefined) return listener;
    throw new NotFoundError(`There is no listener "${name}"`, { resource: "listener", resourceId: name });
  }

  function endLevel(): void {
    if (changed === undefined) return;
    clearTimeout(changed.timer as number);
    changed = undefined;
    overrideLevel(undefined);
  }

  return {
    state,
    async pause(name, { by = "unknown" }: ControlOptions = {}) {
      const listener = find(name);
      logger.warn("Listener paused", { listener: name, by });
      await listener.pause();
      return await state();
    },
    async resume(name, { by = "unknown" }: ControlOptions = {}) {
      find(name).resume();
      logger.warn("Listener resumed", { listener: name, by });
      return await state();
    },
    async setLevel(level, { by = "unknown" }: ControlOptions = {}) {
      overrideLevel(level); // throws where there is no such level
      endLevel();
      if (level !== undefined) {
        overrideLevel(level);
        const timer = setTimeout(() => {
          endLevel();
          logger.warn("Log level is as before again");
        }, levelMs) as TimerLike;
        if (typeof timer === "object") timer.unref?.();
        changed = { level, timer, until: new Date(Date.now() + levelMs).toISOString() };
      }
      logger.warn("Log level changed", { level: level ?? "as before", by });
      return await state();
    },
    end: endLevel,
  };
}

/** A timer: an object on Bun and Node, a number on Deno. */
type TimerLike = number | { unref?(): void };
