import { childrenOf, type ZodSchema } from "./_zod_def.ts";

type Check = readonly [fits: (value: never) => boolean, expected: string];

const isText = (value: unknown) => typeof value === "string" && value !== "";
const isTextList = (value: unknown) => Array.isArray(value) && value.every(isText);
const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
const isTextRecord = (value: object) => isObject(value) && Object.values(value).every(isText);

/** What the members that say more than types are; the others are checked where they are read. */
const CHECKS: Readonly<Record<string, Check>> = {
  deprecated: [(value) => typeof value === "boolean" || isObject(value), "a boolean or an object with dates"],
  description: [isText, "a text"],
  examples: [Array.isArray, "a list"],
  internal: [(value) => typeof value === "boolean", "a boolean"],
  location: [(value) => typeof value === "function", "a function that gives a path"],
  operationId: [(value) => /^[A-Za-z_][\w.-]*$/.test(value), "a name, such as `get_items`"],
  page: [isObject, "an object with limits"],
  raw: [isObject, "an object with a `contentType`"],
  response: [(value) => value === "checked" || value === "unchecked", '"checked" or "unchecked"'],
  responseHeaders: [isTextRecord, "an object of texts"],
  summary: [isText, "a text"],
  tags: [isTextList, "a list of texts"],
  timeoutMs: [(value) => typeof value === "number", "a number"],
};

/**
 * Checks the members of a definition that no other check reads.
 *
 * @throws what `refuse` makes, for one that is something else than it should be.
 */
export function checkMembers(definition: object, refuse: (message: string) => TypeError): void {
  for (const [name, value] of Object.entries(definition)) {
    const [fits, expected] = CHECKS[name] ?? [];
    if (value === undefined || fits === undefined || fits(value as never)) continue;
    throw refuse(`expected \`${name}\` to be ${expected}, got ${JSON.stringify(value) ?? typeof value}`);
  }
}

/** Whether a schema takes a file, which JSON cannot hold. */
export function includesFile(schema: ZodSchema, seen: Set<ZodSchema> = new Set()): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  return schema._zod.def.type === "file" || childrenOf(schema).some(([, child]) => includesFile(child, seen));
}
