// The three date forms of RFC 9110, 5.6.7 begin with a day name; `Date.parse` alone takes nearly anything.
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /;

/** The seconds that a `Retry-After` value asks to wait, or `undefined` where it is neither seconds nor a date. */
export function retryAfterSeconds(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value : undefined;
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const time = httpDate(text);
  return time === undefined ? undefined : Math.max(0, Math.ceil((time - Date.now()) / 1000));
}

/** The `Retry-After` header that says `value`: whole seconds, rounded up, or an HTTP date; else `undefined`. */
export function retryAfterHeader(value: unknown): string | undefined {
  const time = typeof value === "string" ? httpDate(value.trim()) : undefined;
  if (time !== undefined) return new Date(time).toUTCString();
  const seconds = retryAfterSeconds(value);
  return seconds === undefined ? undefined : String(Math.min(Math.ceil(seconds), Number.MAX_SAFE_INTEGER));
}

function httpDate(text: string): number | undefined {
  if (!HTTP_DATE.test(text)) return undefined;
  const time = Date.parse(text.endsWith(" GMT") ? text : text + " GMT"); // asctime has no zone, and means GMT
  return Number.isNaN(time) ? undefined : time;
}
