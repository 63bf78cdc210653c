/**
 * The quality (0 to 1) that an `Accept` header gives to a media type it names, or 0 where it does not name it:
 * wildcards do not count, so that an answer in a special format is only for those who ask for it.
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
