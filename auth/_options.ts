/** Checks a text that must be there. */
export function assertText(option: string, value: unknown): asserts value is string {
  if (typeof value === "string" && value !== "") return;
  throw new TypeError(
    `Expected \`${option}\` to be a text that is not empty, got ${
      value === "" ? "an empty one" : typeof value
    }`,
  );
}

/** Checks the name of a strategy, which is a key of the OpenAPI document. */
export function assertName(name: string): void {
  if (typeof name === "string" && /^[A-Za-z0-9._-]+$/.test(name)) return;
  throw new TypeError(
    `Expected \`name\` to be letters, digits, ".", "_" and "-", got ${JSON.stringify(name)}`,
  );
}

/** Checks the audience that tokens must be for. */
export function assertAudience(audience: unknown): void {
  const list = Array.isArray(audience) ? audience : [audience];
  if (list.length === 0) throw new TypeError("Expected `audience` to name at least one audience");
  for (const each of list) assertText("audience", each);
}
