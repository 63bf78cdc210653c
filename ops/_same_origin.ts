/**
 * Whether a browser sent a request from a page of the same origin. `Sec-Fetch-Site` says so; where a browser does not send it,
 * as over plain HTTP, `Origin` has to name the host that was asked. Cookies and content types prove nothing.
 */
export function isSameOrigin({ headers, url }: Request): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin";
  const origin = headers.get("origin");
  if (origin === null || !URL.canParse(origin)) return false;
  // A proxy that ends TLS hides the scheme and keeps the host.
  return new URL(origin).host === (headers.get("host") ?? new URL(url).host);
}
