/** A JSON Schema, or a part of one. */
export type Schema = { readonly [keyword: string]: unknown };

/** Messages as an AsyncAPI document has them, by their names. */
export type Messages = Readonly<Record<string, { readonly payload?: unknown; readonly headers?: unknown }>>;

/** Keywords that do not affect validation. */
const PROSE: ReadonlySet<string> = new Set([
  "$comment",
  "default",
  "deprecated",
  "description",
  "examples",
  "title",
]);

/**
 * The changes from `before` to `after` that break a publisher or consumer of `before`. Both validate, and both versions run
 * at the same time during a deployment: a narrower schema rejects messages of the old version, and a wider one makes
 * messages that the old version rejects. Allowed are new messages and new optional fields.
 */
export function breakingChanges(before: Messages, after: Messages): string[] {
  const found: string[] = [];
  for (const [name, message] of Object.entries(before)) {
    const now = after[name];
    if (now === undefined) {
      found.push(`${name} is gone`);
      continue;
    }
    for (const part of ["headers", "payload"] as const) {
      compare(toSchema(message[part]), toSchema(now[part]), `${name} ${part}`, found);
    }
  }
  return found;
}

function compare(before: Schema, after: Schema, at: string, found: string[]): void {
  for (const keyword of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[keyword], after[keyword]];
    if (PROSE.has(keyword)) continue;
    if (keyword === "properties") compareProperties(before, after, at, found);
    else if (keyword === "required") compareRequired(before, after, at, found);
    else if (LISTS.has(keyword) && Array.isArray(was) && Array.isArray(is) && was.length === is.length) {
      was.forEach((each, i) => compare(toSchema(each), toSchema(is[i]), `${at}.${keyword}[${i}]`, found));
    } else if (NESTED.has(keyword) && isOpen(was) && isOpen(is)) {
      continue;
    } else if (NESTED.has(keyword) && isSchema(was) && isSchema(is)) {
      compare(was, is, `${at}.${keyword}`, found);
    } else if (canonical(was) !== canonical(is)) {
      found.push(`${at}: ${keyword} was ${show(was)} and is ${show(is)}`);
    }
  }
}

/** Keywords with a schema, and with a list of them. */
const NESTED: ReadonlySet<string> = new Set(["additionalProperties", "items", "not", "propertyNames"]);
const LISTS: ReadonlySet<string> = new Set(["allOf", "anyOf", "oneOf"]);

function compareProperties(before: Schema, after: Schema, at: string, found: string[]): void {
  const [was, is] = [toSchema(before["properties"]), toSchema(after["properties"])];
  for (const [name, schema] of Object.entries(was)) {
    if (is[name] === undefined) found.push(`${at}.${name} is gone`);
    else compare(toSchema(schema), toSchema(is[name]), `${at}.${name}`, found);
  }
  const added = Object.keys(is).filter((name) => was[name] === undefined);
  if (before["additionalProperties"] !== false) return;
  for (const name of added) found.push(`${at}.${name} is new, and consumers refuse what they do not know`);
}

function compareRequired(before: Schema, after: Schema, at: string, found: string[]): void {
  const [was, is] = [new Set(toList(before["required"])), new Set(toList(after["required"]))];
  const properties = toSchema(after["properties"]);
  for (const name of is) if (!was.has(name)) found.push(`${at}.${name} is required now`);
  for (const name of was) {
    // What has a default is filled in before it is published.
    const schema = properties[name as string];
    if (is.has(name) || schema === undefined || toSchema(schema)["default"] !== undefined) continue;
    found.push(`${at}.${name} may be missing now`);
  }
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a schema accepts everything: `true`, `{}`, or absent. */
function isOpen(value: unknown): boolean {
  return value === undefined || value === true || isSchema(value) && Object.keys(value).length === 0;
}

function toSchema(value: unknown): Schema {
  return isSchema(value) ? value : {};
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A canonical text for a set of values: the order of types and enum values does not matter. */
function canonical(value: unknown): string {
  return Array.isArray(value)
    ? JSON.stringify(value.map(canonical).sort())
    : JSON.stringify(value) ?? "absent";
}

function show(value: unknown): string {
  return value === undefined ? "absent" : JSON.stringify(value);
}
