/**
 * Shows the progress of work in many parts: in one updated line on a terminal, in a line for each part in a log.
 *
 * @module
 */

/** A part of the work. */
export interface Piece {
  /** Such as `bun 2 of 13`. */
  readonly label: string;
  /** Its expected duration, relative to other parts. */
  readonly weight: number;
}

/** Options of {@link createProgress}. */
export interface ProgressOptions {
  readonly pieces: readonly Piece[];
  write(text: string): void;
  /** The width of the terminal; in a log, `undefined`. */
  columns?(): number | undefined;
  /** Milliseconds. @default performance.now */
  now?(): number;
}

/** The progress of work of many parts. */
export interface Progress {
  begin(piece: Piece): void;
  /** `result` is shown for the part, such as `231 passed in 12 s`. */
  end(piece: Piece, result: string): void;
  /** Prints lines above the progress. */
  print(text: string): void;
  /** Call this periodically: updates the line, or in a log, after a time without output, names the running parts. */
  tick(): void;
  close(): void;
}

const SILENCE_MS = 30_000;
const CLEAR_LINE = "\r\x1b[2K";

/** Starts to show the progress of `pieces`. */
export function createProgress(options: ProgressOptions): Progress {
  const { pieces, write, columns = () => undefined, now = () => performance.now() } = options;
  const startedAt = now();
  const running = new Map<Piece, number>();
  const total = sum(pieces);
  let doneWeight = 0;
  let done = 0;
  let wroteAt = startedAt;

  function status(): string {
    const what = [...running.keys()].map(({ label }) => label).join(", ");
    return `[${clock(now() - startedAt)}] ${done} of ${pieces.length} parts done${left()}; running: ${what}`;
  }

  /** The estimated remaining time, from the finished parts; running parts count as half done. */
  function left(): string {
    if (doneWeight < total / 20) return "";
    const worked = doneWeight + sum([...running.keys()]) / 2;
    const minutes = (now() - startedAt) * (total - worked) / worked / 60_000;
    return minutes < 0.75 ? ", less than a minute left" : `, about ${Math.round(minutes)} min left`;
  }

  function draw(): void {
    const width = columns();
    if (width !== undefined) write(`${CLEAR_LINE}${status().slice(0, width - 1)}`);
  }

  function print(text: string): void {
    const onTerminal = columns() !== undefined;
    write(`${onTerminal ? CLEAR_LINE : ""}${text}\n`);
    wroteAt = now();
    if (onTerminal) draw();
  }

  return {
    print,
    begin(piece) {
      running.set(piece, now());
      draw();
    },
    end(piece, result) {
      running.delete(piece);
      done++;
      doneWeight += piece.weight;
      print(`[${clock(now() - startedAt)}] ${piece.label}: ${result} (${done} of ${pieces.length}${left()})`);
    },
    tick() {
      if (columns() !== undefined) draw();
      else if (now() - wroteAt >= SILENCE_MS) print(status());
    },
    close() {
      if (columns() !== undefined) write(CLEAR_LINE);
    },
  };
}

function sum(pieces: readonly Piece[]): number {
  return pieces.reduce((total, { weight }) => total + weight, 0);
}

/** Minutes and seconds. */
function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
