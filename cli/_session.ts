import type { Command } from "commander";
import type { Terminal } from "./_terminal.ts";

/** What a command works with. */
export interface Session {
  readonly terminal: Terminal;
  /** Aborts when it is to stop; asking for it makes Ctrl-C stop it in order. */
  readonly signal: AbortSignal;
  /** Whether machines read what it prints. */
  readonly json: boolean;
}

/** Options of a command line by their names in camelCase. */
export type Flags = Readonly<Record<string, unknown>>;

/** Does what a command is there for, and gives the exit code where that is not 0. */
export type Run<Options extends object = Flags> = (
  session: Session,
  options: Options,
  ...args: string[]
) => Promise<number | void>;

/** Declares commands. */
export type Declare = (program: Command, tools: DeclareTools) => void;

/** What declaring needs. */
export interface DeclareTools {
  /** An action whose module is loaded when it is called. */
  action(load: () => Promise<{ readonly run: Run<never> }>): (...given: unknown[]) => Promise<void>;
}

/** A command line that makes no sense, though it can be parsed. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
