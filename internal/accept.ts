/**
 * The quality (0 to 1) of a media type that an `Accept` header names, or 0 when it does not name it. Wildcards do not
 * count: a special format is only for clients that ask for it by name.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-accept
 */
export function namedQuality(accept: string, mediaType: string): number {
  let best = 0;
  for (const range of accept.split(",")) {
    const [type = "", ...parameters] = range.split(";");
    if (type.trim().toLowerCase() !== mediaType) continue;
    const q = parameters.map((parameter) => /^\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*$/i.exec(parameter)?.[1])
      .find(Boolean);
    best = Math.max(best, q === undefined ? 1 : Math.min(1, Number(q)));
  }
  return best;
}
