import type { OnStep } from "./running_replica.ts";

/** A run of a handler. */
interface Run {
  readonly key: string;
  readonly n: number;
  /** The process that it ran in. */
  readonly life: Life;
  readonly from: number;
  to: number;
  hasFailed: boolean;
}

/** A process of a replica. */
interface Life {
  readonly place: number;
  /** When it was suspended: it does not know what others do meanwhile. */
  readonly suspensions: number[];
  endedAt: number;
}

/** Watches that no event of a key begins while another one of it runs, whatever the process. */
export class RunBook {
  readonly #runs: Run[] = [];
  readonly #lives: Life[] = [];

  /** Hears what the next replica at a place does. */
  of(place: number): OnStep {
    const life: Life = { place, suspensions: [], endedAt: Infinity };
    this.#lives[place] = life;
    const running = new Map<string, Run>();
    return (what, key, n, at) => {
      const step = `${key} ${n}`;
      if (what === "begin") {
        const run = { key, n, life, from: at, to: Infinity, hasFailed: false };
        running.set(step, run);
        this.#runs.push(run);
      } else if (what !== "abort") {
        const run = running.get(step)!;
        run.to = at;
        run.hasFailed = what === "fail";
      }
    };
  }

  /** The replica at a place is about to end. */
  ends(place: number): void {
    this.#lives[place]!.endedAt = Date.now();
  }

  /** The replica at a place is suspended. */
  suspended(place: number): void {
    this.#lives[place]!.suspensions.push(Date.now());
  }

  /** What the runs were, and what of it is not as promised. */
  report(): {
    readonly runs: number;
    readonly failed: number;
    readonly cutOff: number;
    readonly sameAtOnce: number;
    readonly problems: readonly string[];
  } {
    const problems: string[] = [];
    let sameAtOnce = 0;
    for (const runs of Map.groupBy(this.#runs, ({ key }) => key).values()) {
      runs.sort((one, other) => one.from - other.from);
      runs.forEach((run, i) => {
        for (const next of runs.slice(i + 1)) {
          if (next.from >= Math.min(run.to, run.life.endedAt)) break;
          if (isCutOff(run)) continue;
          if (next.n === run.n) sameAtOnce++;
          else {
            const at = `${next.from - run.from} ms after step ${run.n}, which took ${run.to - run.from} ms`;
            problems.push(
              `Step ${next.n} of ${run.key} began ${at}, at ${next.life.place} and ${run.life.place}`,
            );
          }
        }
      });
    }
    return {
      runs: this.#runs.length,
      failed: this.#runs.filter(({ hasFailed }) => hasFailed).length,
      cutOff: this.#runs.filter(isCutOff).length,
      sameAtOnce,
      problems,
    };
  }
}

/** Whether the process of a run was killed or suspended meanwhile. */
function isCutOff({ from, to, life }: Run): boolean {
  return to === Infinity || life.suspensions.some((at) => from <= at && at <= to);
}
