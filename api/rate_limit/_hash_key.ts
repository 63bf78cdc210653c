import { remembered } from "../../internal/remembered.ts";
import { parseAddress } from "../_ip_address.ts";

/** The part of `node:crypto` that is used; Deno, Bun, Node and workerd have it. */
interface NodeCrypto {
  createHash(algorithm: "sha256"): { update(text: string): { digest(encoding: "base64url"): string } };
}

/**
 * The SHA-256 of a key; of one that is an IPv6 address, that of its network. On Deno a hash takes as long as half of a small
 * request, so those of busy callers are remembered.
 */
export const hashedKey: (key: string) => string = /* @__PURE__ */ remembered(
  (key) => sha256(addressKey(key)),
  1000,
);

function sha256(text: string): string {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): NodeCrypto | undefined } };
  const crypto = process?.getBuiltinModule?.("node:crypto");
  if (crypto !== undefined) return crypto.createHash("sha256").update(text).digest("base64url");
  throw new TypeError(
    "Cannot hash a key: this runtime has no node:crypto; on workerd set the compatibility flag nodejs_compat",
  );
}

/** An IPv6 address as its network of 64 bits, since a client has all of that; any other text as it is. */
export function addressKey(text: string): string {
  if (!text.includes(":")) return text;
  const address = parseAddress(text);
  if (address === undefined) return text;
  return address.family === "ipv4" ? address.text : networkOf(address.text);
}

/** The first 64 bits of an IPv6 address, `2001:db8:0:1::/64`. */
function networkOf(address: string): string {
  // The URL parser writes an address in one way, with one `::` at most.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...first, ...Array(8 - first.length - last.length).fill("0"), ...last];
  return `${groups.slice(0, 4).join(":")}::/64`;
}
