import type { Command } from "commander";
import type { Terminal } from "./_terminal.ts";

/** The environment of a running command. */
export interface Session {
  readonly terminal: Terminal;
  /** Aborts at Ctrl-C. Reading this property installs the handler; without it, Ctrl-C ends the process at once. */
  readonly signal: AbortSignal;
  /** Whether `--json` was given. */
  readonly json: boolean;
}

/** Options of a command line by their names in camelCase. */
export type Flags = Readonly<Record<string, unknown>>;

/** Runs a command. Gives the exit code, or nothing for 0. */
export type Run<Options extends object = Flags> = (
  session: Session,
  options: Options,
  ...args: string[]
) => Promise<number | void>;

/** Adds commands to the program. */
export type Declare = (program: Command, tools: DeclareTools) => void;

/** The helpers that a declaration gets. */
export interface DeclareTools {
  /** Makes an action whose module is imported when the command runs. */
  action(load: () => Promise<{ readonly run: Run<never> }>): (...given: unknown[]) => Promise<void>;
}

/** A command line that can be parsed but not executed. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
