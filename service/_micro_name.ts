/** What a name of NATS's Services protocol has no place for. */
const FOREIGN = /[^a-zA-Z0-9_-]/g;

/** A text as a name of NATS's Services protocol: `^[a-zA-Z0-9_-]+$`. */
export function microName(text: string): string {
  return text.replace(FOREIGN, "_");
}
