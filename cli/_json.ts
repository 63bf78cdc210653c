/** A document for machines: keys in snake_case, and what is undefined left out. */
export function toDocument(value: unknown): string {
  return JSON.stringify(toWire(value), null, 2);
}

/** A value with the keys of its own objects in snake_case. What the user's data are stays as it is: wrap it in {@link asIs}. */
function toWire(value: unknown): unknown {
  if (value instanceof AsIs) return value.value;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toWire);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      toWire(each),
    ]),
  );
}

/** Keeps a value as it is. */
export function asIs(value: unknown): unknown {
  return new AsIs(value);
}

class AsIs {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}
