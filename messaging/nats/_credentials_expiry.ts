import { reveal, type Revealable } from "../../internal/reveal.ts";

const JWT = /-----BEGIN NATS USER JWT-----\s+[\w-]+\.([\w-]+)\./;

/** When the JWT of a `.creds` file expires, in milliseconds since 1970; `Infinity` when it does not or is malformed. */
export function credentialsExpiry(creds: string | Revealable | undefined): number {
  if (creds === undefined) return Infinity;
  try {
    const [, payload] = JWT.exec(String(reveal(creds))) ?? [];
    if (payload === undefined) return Infinity;
    const { exp } = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as { exp?: unknown };
    return typeof exp === "number" && exp > 0 ? exp * 1000 : Infinity;
  } catch {
    return Infinity; // the server will refuse it
  }
}
