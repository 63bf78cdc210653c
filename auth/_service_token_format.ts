/** `typ` of the tokens by which services call each other, so that no other token passes for one. */
export const SERVICE_TYPE = "service+jwt";

/** Their signature algorithms. */
export const SERVICE_ALGORITHMS: readonly string[] = ["EdDSA", "ES256"];

/** What is valid for longer is not made for a call. */
export const MAX_LIFETIME_SECONDS = 300;

/** Whether a text can be the name of a service in a token. */
export function isServiceName(name: unknown): name is string {
  return typeof name === "string" && /^[A-Za-z0-9._-]{1,128}$/.test(name);
}

/**
 * Whether a key belongs to a service. All services of a fleet are in one set of keys, and a service must not be able to sign
 * in the name of another one.
 */
export function isKeyOf(service: string, kid: unknown): boolean {
  return typeof kid === "string" && (kid === service || kid.startsWith(`${service}/`));
}
