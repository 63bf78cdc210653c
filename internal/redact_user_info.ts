/** The longest user information that is looked for. */
const MAX_USER_INFO = 1024;
const REDACTED = "[redacted]";

// Slashes can be escaped, as in JSON and regular expressions.
const AFTER_SCHEME = /:(?:\\?\/){2}/g;
const SCHEME = /[a-z][a-z\d+.-]*$/i;
/** Schemes whose authority ends at the first `/`, `?` or `#`: behind it, an `@` is ordinary. */
const WEB_SCHEME = /(?:^|[^a-z\d+.-])(?:https?|wss?)$/i;
const PORT = /^\d{1,5}(?=$|[/?#,\s])/;
/** A URL in a query parameter. */
const ENCODED = /%3A%2F%2F[^\s"'<>&]{0,1024}?%40/gi;
/** `user:password@host:4222`, which has no scheme. */
const WITHOUT_SCHEME =
  /(?<![\w.+/@:%-])(?!(?:mailto|sips?|xmpp|acct):)([\w.+-]{1,64}):([^\s:@/]{1,256})(?=@[\w.-]{1,253}:\d{2,5}(?![\w.]))/g;

/**
 * Redacts the user information of the URLs in a text (RFC 3986, 3.2.1), also of those whose password should have been
 * encoded, because it contains `/`, `?`, `#`, `@`, a quote or a space.
 */
export function redactUserInfo(text: string): string {
  let safe = text;
  if (safe.includes("%40")) safe = safe.replace(ENCODED, `%3A%2F%2F${REDACTED}%40`);
  if (!safe.includes("@")) return safe;
  return hideAfterSchemes(safe).replace(WITHOUT_SCHEME, REDACTED);
}

/** Each URL ends where the next one begins, so that a list of them is redacted one by one. */
function hideAfterSchemes(text: string): string {
  const starts = [...text.matchAll(AFTER_SCHEME)].map((match) => ({
    begin: match.index,
    end: match.index + match[0].length,
  }));
  let safe = text.slice(0, starts[0]?.end);
  for (const [index, { begin, end }] of starts.entries()) {
    const next = starts[index + 1];
    const scheme = text.slice(Math.max(0, begin - 32), begin);
    const nextScheme = next === undefined
      ? ""
      : SCHEME.exec(text.slice(Math.max(end, next.begin - 32), next.begin))?.[0];
    const limit = next === undefined ? text.length : next.begin - (nextScheme?.length ?? 0);
    const hidden = userInfoLength(scheme, text.slice(end, Math.min(limit, end + MAX_USER_INFO)));
    if (hidden > 0) safe += REDACTED;
    safe += text.slice(end + hidden, next?.end);
  }
  return safe;
}

/** How many characters of the text behind `://` are user information. */
function userInfoLength(scheme: string, text: string): number {
  const run = /^[^\s"'<>]*/.exec(text)![0];
  const authority = /^[^/?#\\]*/.exec(run)![0];
  if (authority.includes("@") && WEB_SCHEME.test(scheme)) return authority.lastIndexOf("@");
  if (authority === "" || !SCHEME.test(scheme)) return Math.max(0, authority.lastIndexOf("@"));
  const at = run.lastIndexOf("@");
  const colon = run.replace(/^\[[^\]]*\]/, (address) => "_".repeat(address.length)).indexOf(":");
  if (authority.includes("@")) return at;
  if (colon === -1) return 0;
  const afterColon = run.slice(colon + 1);
  const isPort = PORT.test(afterColon);
  if (WEB_SCHEME.test(scheme)) {
    // `https://user:pass/word@host`, but not `https://host:8080/@scope`
    return isPort || colon > authority.length || at < colon ? 0 : at;
  }
  // `postgres://user:12/34@host`: of a database or broker, no path has an `@`.
  if (at > colon) return at;
  // The password contains a space or a quote.
  if (isPort || colon > authority.length) return 0;
  if (afterColon === "" && !/^[<>]/.test(text.slice(run.length))) return 0;
  const rest = /^[^\n@]{0,256}@/.exec(text.slice(run.length));
  return rest === null ? 0 : run.length + rest[0].length - 1;
}
