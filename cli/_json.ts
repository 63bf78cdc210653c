/** A JSON document: keys are converted to snake_case, and undefined members are left out. */
export function toDocument(value: unknown): string {
  return JSON.stringify(toWire(value), null, 2);
}

/** Converts the keys of a value to snake_case. Data of the user are wrapped in {@link asIs}, and stay unchanged. */
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

/** Keeps the keys of a value in {@link toDocument}. */
export function asIs(value: unknown): unknown {
  return new AsIs(value);
}

class AsIs {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}
