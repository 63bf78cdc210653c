import { type Session, UsageError } from "./_session.ts";

/**
 * Whether what destroys may go on: `--yes` says so, or somebody at the terminal.
 *
 * @throws {UsageError} when nobody can be asked.
 */
export async function confirmed(
  { terminal, json }: Session,
  question: string,
  yes: boolean | undefined,
): Promise<boolean> {
  if (yes) return true;
  if (json || !terminal.isInteractive) {
    throw new UsageError(
      "This asks first, and there is nobody to ask; say --yes to do it without a question",
    );
  }
  if (await terminal.confirm(question)) return true;
  terminal.printError("Nothing was changed");
  return false;
}
