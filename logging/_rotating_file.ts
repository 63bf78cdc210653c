import type { getRotatingFileSink, RotatingFileSinkOptions } from "@logtape/file";
import { detectRuntime } from "../internal/runtime.ts";
import { isProcessEnding, onProcessEnd, unref } from "./_process_end.ts";

const WRITE_EVERY_MS = 100;
const MAX_QUEUED = 8 * 1024 * 1024;
const MAX_CHUNK = 65_536;

/** Options of a rotating log file. */
export interface LogFileOptions {
  /**
   * Path of the file. Missing folders are created. Rotated files are `<path>.1` (newest), `<path>.2`, and so on.
   */
  readonly path: string;
  /**
   * Size in bytes at which the file is rotated, at least 1024.
   * @default 10485760
   */
  readonly maxBytes?: number | undefined;
  /**
   * Number of rotated files that are kept beside the current one, at least 1.
   * @default 5
   */
  readonly keep?: number | undefined;
}

/** The part of `node:fs` that is used here. */
interface FileSystem {
  appendFileSync(path: string, text: string): void;
  mkdirSync(path: string, options: { recursive: true }): void;
  statSync(path: string, options: { throwIfNoEntry: false }): { size: number; ino: number } | undefined;
}

interface ProcessLike {
  getBuiltinModule?(name: "node:fs"): FileSystem | undefined;
}

type GetSink = typeof getRotatingFileSink;
type LogTapeRecord = Parameters<ReturnType<GetSink>>[0];

/**
 * Opens a rotating file that is written by `@logtape/file`. That package is imported by this call.
 *
 * Lines are queued for at most 100 ms, then written together and synced to disk in the background. Lines that are still
 * queued when the process exits are written synchronously. The file is closed after each write, so that it can be
 * moved, and shared by several loggers.
 *
 * @param report called once with the first failure to write.
 * @returns `undefined` where the runtime has no file system.
 */
export function openRotatingFile(
  options: Required<{ [K in keyof LogFileOptions]: NonNullable<LogFileOptions[K]> }>,
  report: (message: string, fields: { path: string; error?: unknown }) => void,
): RotatingFile | undefined {
  const { process } = globalThis as { process?: ProcessLike };
  const fs = detectRuntime() === "workerd" ? undefined : process?.getBuiltinModule?.("node:fs");
  if (fs === undefined) {
    report("Cannot write a log file: this runtime has no file system", { path: options.path });
    return undefined;
  }
  return new RotatingFile(options, fs, report);
}

/** A log file that is open for writing. */
export class RotatingFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #keep: number;
  readonly #fs: FileSystem;
  readonly #report: (message: string, fields: { path: string; error?: unknown }) => void;
  readonly #loading: Promise<void>;
  readonly #forget: () => void;
  #getSink: GetSink | undefined;
  #queue: string[] = [];
  #queued = 0;
  #lost = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> | undefined;
  #isClosed = false;
  #hasReported = false;

  constructor(
    { path, maxBytes, keep }: { path: string; maxBytes: number; keep: number },
    fs: FileSystem,
    report: (message: string, fields: { path: string; error?: unknown }) => void,
  ) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#keep = keep;
    this.#fs = fs;
    this.#report = report;
    this.#forget = onProcessEnd(() => this.writeNow());
    this.#loading = this.#load();
  }

  /** Queues a line. `line` has no line terminator. */
  write(line: string): void {
    if (this.#isClosed) return;
    if (this.#queued + line.length > MAX_QUEUED) {
      if (this.#getSink === undefined) {
        this.#lost++;
        return;
      }
      this.writeNow(); // the caller logs in a loop that never yields to the event loop
    }
    this.#queue.push(line);
    this.#queued += line.length + 1;
    if (isProcessEnding()) this.writeNow();
    else if (this.#getSink !== undefined) this.#schedule();
  }

  /** Writes all queued lines synchronously. Used when the process exits. */
  writeNow(): void {
    for (let chunk = this.#take(); chunk !== ""; chunk = this.#take()) {
      try {
        // Without rotation while `@logtape/file` is still being imported.
        if (this.#getSink === undefined) this.#fs.appendFileSync(this.#path, chunk);
        else {
          using sink = this.#getSink(this.#path, this.#sinkOptions());
          sink(toRecord(chunk));
        }
      } catch (error) {
        this.#problem(error);
      }
    }
  }

  /** Resolves when every queued line is in the file. */
  async flush(): Promise<void> {
    await this.#loading;
    while (this.#queued > 0 || this.#writing !== undefined) await this.#write();
  }

  /** Flushes the queue. Later lines are dropped. */
  async close(): Promise<void> {
    do await this.flush(); while (this.#queued > 0);
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#forget();
  }

  async #load(): Promise<void> {
    try {
      const folder = this.#path.replace(/[^/\\]*$/, "");
      if (folder !== "") this.#fs.mkdirSync(folder, { recursive: true });
      ({ getRotatingFileSink: this.#getSink } = await import("@logtape/file"));
    } catch (error) {
      this.#problem(error);
      this.#isClosed = true;
      this.#take(Infinity);
      this.#forget();
      return;
    }
    if (this.#lost > 0) {
      this.#report(`Lost ${this.#lost} lines of the log file: they were logged before it was open`, {
        path: this.#path,
      });
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#writing !== undefined || this.#queued === 0) return;
    this.#timer = setTimeout(() => void this.#write(), WRITE_EVERY_MS);
    unref(this.#timer); // queued lines are also written at exit, so the timer need not keep the process alive
  }

  #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#writing ??= this.#writeChunk().finally(() => {
      this.#writing = undefined;
      this.#schedule();
    });
  }

  async #writeChunk(): Promise<void> {
    const chunk = this.#take();
    if (chunk === "") return;
    try {
      const before = this.#fs.statSync(this.#path, { throwIfNoEntry: false });
      await using sink = this.#getSink!(this.#path, { ...this.#sinkOptions(), nonBlocking: true });
      sink(toRecord(chunk));
      // In non-blocking mode LogTape swallows write errors; the file's size shows them.
      const after = this.#fs.statSync(this.#path, { throwIfNoEntry: false });
      if (before !== undefined && before.ino === after?.ino && before.size === after.size) {
        throw new Error("Nothing was written: the disk may be full");
      }
    } catch (error) {
      this.#problem(error);
    }
  }

  #sinkOptions(): RotatingFileSinkOptions {
    return {
      maxSize: this.#maxBytes,
      maxFiles: this.#keep,
      bufferSize: 1,
      flushInterval: 0,
      formatter: (record) => String(record.message[0]),
    };
  }

  /** Removes the next lines from the queue. A chunk is never split between two files, so it is much smaller than one. */
  #take(limit = Math.min(MAX_CHUNK, this.#maxBytes / 4)): string {
    let count = 0;
    let length = 0;
    while (count < this.#queue.length && (count === 0 || length + this.#queue[count]!.length < limit)) {
      length += this.#queue[count++]!.length + 1;
    }
    this.#queued -= length;
    return this.#queue.splice(0, count).map((line) => `${line}\n`).join("");
  }

  #problem(error: unknown): void {
    if (this.#hasReported) return;
    this.#hasReported = true;
    this.#report("Cannot write the log file", { path: this.#path, error });
  }
}

function toRecord(text: string): LogTapeRecord {
  return { category: [], level: "info", message: [text], rawMessage: text, timestamp: 0, properties: {} };
}
