/** A URL, or `host:port` without a scheme, split at its user information. */
export interface SplitUrl {
  /** The URL without user information. */
  readonly address: string;
  /** The user information as it was written; `undefined` when there is none. */
  readonly userInfo: string | undefined;
  /** The user, percent-decoded. */
  readonly user: string | undefined;
  /** The password, percent-decoded. */
  readonly password: string | undefined;
}

/**
 * Splits the user information off one URL of a server.
 *
 * Everything between the scheme and the last `@` is user information, because people write passwords with `@`, `/`, `?` and
 * `#` in them without encoding. Use it only where paths and queries hold no `@` of their own.
 */
export function splitUserInfo(url: string): SplitUrl {
  const start = /^[a-z][a-z0-9+.-]*:\/\//i.exec(url)?.[0].length ?? 0;
  const end = url.lastIndexOf("@");
  if (end < start) return { address: url, userInfo: undefined, user: undefined, password: undefined };
  const userInfo = url.slice(start, end);
  const colon = userInfo.indexOf(":");
  return {
    address: url.slice(0, start) + url.slice(end + 1),
    userInfo,
    user: decode(colon < 0 ? userInfo : userInfo.slice(0, colon)),
    password: colon < 0 ? undefined : decode(userInfo.slice(colon + 1)),
  };
}

/** Percent-decodes a text; one that is not percent-encoded is taken as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
