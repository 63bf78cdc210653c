import { type Session, UsageError } from "./_session.ts";

/**
 * Whether a destructive command is confirmed: by `--yes`, or by the answer at the terminal.
 *
 * @throws {UsageError} when there is neither `--yes` nor a terminal.
 */
export async function confirmed(
  { terminal, json }: Session,
  question: string,
  yes: boolean | undefined,
): Promise<boolean> {
  if (yes) return true;
  if (json || !terminal.isInteractive) {
    throw new UsageError(
      "This command asks for confirmation, and there is no terminal; add --yes to confirm",
    );
  }
  if (await terminal.confirm(question)) return true;
  terminal.printError("Nothing was changed");
  return false;
}
