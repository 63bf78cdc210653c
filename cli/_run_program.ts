import { CommanderError } from "commander";
import { onInterrupt, STOPPED } from "./_interrupt.ts";
import { createProgram } from "./_program.ts";
import { type DeclareTools, type Flags, type Run, type Session, UsageError } from "./_session.ts";
import { createTerminal } from "./_terminal.ts";

/** Runs the command `glam`, and gives its exit code. */
export async function runProgram(args: readonly string[]): Promise<number> {
  const terminal = createTerminal();
  let json = false;
  let exitCode = 0;
  let interrupt: ReturnType<typeof onInterrupt> | undefined;
  let pending = Promise.resolve();

  const action: DeclareTools["action"] = (load) => async (...given: unknown[]) => {
    const [options, positionals] = [given.at(-2) as Flags, given.slice(0, -2).flat() as string[]];
    json = options["json"] === true;
    const session: Session = {
      terminal,
      json,
      get signal() {
        return (interrupt ??= onInterrupt()).signal;
      },
    };
    const { run } = await load() as unknown as { readonly run: Run };
    exitCode = await run(session, options, ...positionals) ?? 0;
  };

  const program = createProgram({ action }, {
    writeOut: (text) => void (pending = terminal.write(text)),
    writeErr: (text) => terminal.printError(text.trimEnd()),
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (interrupt?.signal.aborted) return STOPPED;
    const { describeFailure, failureDocument } = await import("./_failure.ts");
    terminal.printError(describeFailure(error));
    if (error instanceof UsageError) return 2;
    if (json) await terminal.print(failureDocument(error));
    return 1;
  } finally {
    await pending;
    interrupt?.[Symbol.dispose]();
  }
}
