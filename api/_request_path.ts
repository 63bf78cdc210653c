/** Two slashes in front would make a path a reference to another host (RFC 3986, 4.2). */
export function pathAbsolute(path: string): string {
  return /^\/[/\\]/.test(path) ? `/.${path}` : path;
}

/** The path and query of a URL, whose authority came from the client and may not be a legal one. */
export function pathAndQuery(url: string): string {
  const authority = url.indexOf("://") + 3;
  if (authority < 3) return url;
  const start = url.slice(authority).search(/[/?#]/);
  return start === -1 ? "/" : pathAbsolute(url.slice(authority + start));
}
