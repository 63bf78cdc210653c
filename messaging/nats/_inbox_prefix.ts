import { isSubject } from "../contract/_subject.ts";

/** First tokens of subjects that the broker, the fleet's streams and responders use. */
const TAKEN = /^(?:\$.*|(?:cmd|dlq|evt|rpc)(?:\..*)?)$/s;

/**
 * The prefix of a connection's inboxes, `_INBOX` by default.
 *
 * @throws {TypeError} when it is not a subject, or one of the broker's or the fleet's.
 */
export function inboxPrefixOf(given: string | undefined): string {
  const prefix = given ?? "_INBOX";
  if (isSubject(prefix) && !TAKEN.test(prefix)) return prefix;
  throw new TypeError(
    `Expected \`inboxPrefix\` to be a subject of its own without wildcards, such as "_INBOX_credits", got ${
      JSON.stringify(given)
    }`,
  );
}
