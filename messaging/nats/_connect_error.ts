import type { MessageBusError } from "../../errors/infrastructure.ts";
import { busError, toBusError } from "../bus/_bus_error.ts";

const CREDENTIALS = /authorization|authentication|permissions violation|nkeys?\b/i;
// What OpenSSL, BoringSSL and rustls report of certificates and keys, and the client of files that are missing.
const CERTIFICATES =
  /certificate|CERT_|UNABLE_TO_|ERR_TLS_(?!HANDSHAKE_TIMEOUT)|ERR_OSSL_|ERR_SSL_|\bPEM\b|Invalid (?:CA|cert|key)|private key|UnknownIssuer|self.signed|doesn't exist/i;
const PERMISSION = /NotCapable|PermissionDenied|ERR_ACCESS_DENIED|Requires net access/;

/** The error of a failed attempt to connect: `refused` when another attempt cannot help, else `unavailable`. */
export function toConnectError(error: unknown, servers: string): MessageBusError {
  const doing = `Cannot connect to ${servers}`;
  const texts = textsOf(error);
  const all = texts.join("\n");
  const refuse = (why: string) =>
    busError("refused", `${doing}: ${why}`, { operation: "connect", cause: error });
  if (CREDENTIALS.test(all)) return refuse("the server refuses these credentials");
  if (PERMISSION.test(all)) return refuse(`the runtime does not permit it (${texts[0]})`);
  if (CERTIFICATES.test(all)) return refuse(`the certificates do not fit: ${texts[0]}`);
  return busError("unavailable", `${doing}: ${texts[0]}`, {
    operation: "connect",
    cause: toBusError(error, doing, {}),
  });
}

/** Messages, codes and names of an error and its causes. */
function textsOf(error: unknown): string[] {
  const texts: string[] = [];
  let at = error;
  for (let depth = 0; at !== undefined && at !== null && depth < 5; depth++) {
    const { name, message, code, cause } = Object(at) as Record<string, unknown>;
    texts.push(String(message || code || name || at));
    texts.push(...[code, name].filter((text) => typeof text === "string"));
    at = cause;
  }
  return texts.length === 0 ? ["no reason given"] : texts;
}
