const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** How an instant is written, for messages. */
export const INSTANT_FORMS = "how long ago, such as 10m, 2h or 1d, or a time such as 2026-01-31T09:00Z";

/** Parses ISO 8601, or a duration before now such as `10m`; `undefined` where the text is neither. */
export function parseInstant(text: string): Date | undefined {
  const [, amount, unit] = /^(\d{1,15}(?:\.\d{1,9})?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const date = amount !== undefined
    ? new Date(Date.now() - Number(amount) * UNITS[unit!]!)
    : /^\d{4}-\d\d-\d\d/.test(text)
    ? new Date(text)
    : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}
