import { reveal, type Revealable } from "../internal/reveal.ts";
import { assertText } from "./_options.ts";

/** The secrets of an option: one, or during a rotation the new and the old one. */
export function secretsOf(
  option: string,
  given: string | Revealable | readonly (string | Revealable)[],
): readonly string[] {
  const secrets = (Array.isArray(given) ? given : [given]).map(reveal);
  if (secrets.length === 0) throw new TypeError(`Expected \`${option}\` to have at least one secret`);
  for (const secret of secrets) assertText(option, secret);
  return secrets as string[];
}
