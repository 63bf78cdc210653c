// A token has any characters but white space, dots and wildcards; nats-server has no other rule.
const SUBJECT = /^[^\s.*>\0]+(?:\.[^\s.*>\0]+)*$/;
const FILTER = /^(?:[^\s.*>\0]+|\*)(?:\.(?:[^\s.*>\0]+|\*))*(?:\.>)?$|^>$/;

/** Whether `subject` is valid to publish to: no wildcards, no white space. */
export function isSubject(subject: string): boolean {
  return SUBJECT.test(subject);
}

/** Whether `subject` is one of an event or a command: `evt.<...>` or `cmd.<...>` without wildcards. */
export function isEventSubject(subject: string): boolean {
  return /^(evt|cmd)\./.test(subject) && isSubject(subject);
}

/** The domain of an event or a command: the second of at least three tokens. */
export function domainOf(subject: string): string | undefined {
  return isEventSubject(subject) ? /^\w+\.([^.]+)\../.exec(subject)?.[1] : undefined;
}

/** Whether `filter` is valid to subscribe to: a subject in which whole tokens may be wildcards. */
export function isFilter(filter: string): boolean {
  return FILTER.test(filter);
}

/** Whether a filter matches a subject. */
export function matchesSubject(filter: string, subject: string): boolean {
  return filter === subject || filter === ">" || subjectMatcher(filter)(subject);
}

/** Compiles a filter to a predicate. */
export function subjectMatcher(filter: string): (subject: string) => boolean {
  if (filter === ">") return () => true;
  if (!/[*>]/.test(filter)) return (subject) => subject === filter;
  const source = filter.split(".").map((token) =>
    token === "*" ? "[^.]+" : token === ">" ? ".+" : token.replace(/[\\^$|?+()[\]{}/-]/g, "\\$&")
  );
  const pattern = new RegExp(`^${source.join("\\.")}$`);
  return (subject) => pattern.test(subject);
}

/** Whether `wider` matches every subject that `filter` matches. */
export function coversFilter(wider: string, filter: string): boolean {
  const [outer, inner] = [wider.split("."), filter.split(".")];
  for (let i = 0; i < outer.length; i++) {
    if (outer[i] === ">") return inner.length > i;
    if (inner[i] === undefined || inner[i] === ">") return false;
    if (outer[i] !== "*" && outer[i] !== inner[i]) return false;
  }
  return outer.length === inner.length;
}

/** Whether a subject exists that both filters match. */
export function filtersOverlap(one: string, other: string): boolean {
  const [left, right] = [one.split("."), other.split(".")];
  for (let i = 0;; i++) {
    const [a, b] = [left[i], right[i]];
    if (a === undefined || b === undefined) return a === b;
    if (a === ">" || b === ">") return true;
    if (a !== "*" && b !== "*" && a !== b) return false;
  }
}

/**
 * Validates a subject to publish to.
 *
 * @throws {TypeError} when it has wildcards or white space.
 */
export function assertSubject(subject: string): void {
  if (isSubject(subject)) return;
  throw new TypeError(`Expected a subject without wildcards and white space, got ${JSON.stringify(subject)}`);
}
