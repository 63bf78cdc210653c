import { isSubject } from "../contract/_subject.ts";

/**
 * The prefix of a connection's inboxes, `_INBOX` by default.
 *
 * @throws {TypeError} when it is not a subject.
 */
export function inboxPrefixOf(given: string | undefined): string {
  const prefix = given ?? "_INBOX";
  if (isSubject(prefix)) return prefix;
  throw new TypeError(
    `Expected \`inboxPrefix\` to be a subject without wildcards, such as "_INBOX_credits", got ${
      JSON.stringify(given)
    }`,
  );
}
