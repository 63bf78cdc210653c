import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";

// $1 is the folder of the server, the rest its command line. The pipe is closed by whoever started it, and also when that
// process is killed: then nobody has said to keep the folder.
const script = (stop: string) =>
  `folder=$1; shift
exec >>"$folder/log" 2>&1
trap '' INT TERM HUP
"$@" & pid=$!
keep=$(cat)
${stop}
[ -n "$keep" ] || rm -rf "$folder"`;

/** What a {@link superviseProcess} runs. */
export interface SupervisedCommand {
  /** The server's folder: its log is written there, and it goes with the server. */
  readonly folder: string;
  readonly command: readonly string[];
  /** Shell commands that stop the process \`$pid\` and wait until it has ended. */
  readonly stop: string;
  readonly options?: SpawnOptions | undefined;
}

/** A server that ends with the process that started it, however that ends. */
export interface SupervisedProcess {
  /** Whether it has ended by itself. */
  readonly hasEnded: boolean;
  /** Stops it, waits for its end, and says whether its folder stays. */
  end(folder: "keep" | "remove"): Promise<void>;
}

/** Starts a server under a shell that stops it when this process is gone. */
export function superviseProcess({ folder, command, stop, options }: SupervisedCommand): SupervisedProcess {
  const child: ChildProcess = spawn("sh", ["-c", script(stop), "sh", folder, ...command], {
    cwd: folder,
    stdio: ["pipe", "ignore", "ignore"],
    ...options,
  });
  child.unref();
  (child.stdin as { unref?(): void } | null)?.unref?.();
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    get hasEnded() {
      return hasEnded();
    },
    async end(keep) {
      child.ref();
      const exit = hasEnded()
        ? undefined
        : new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.stdin?.end(keep === "keep" ? "keep" : "");
      await exit;
    },
  };
}
