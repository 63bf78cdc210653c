/** The part of `node:crypto` that is used here; every runtime has it, workerd with `nodejs_compat`. */
interface NodeCrypto {
  createHash(algorithm: "sha256"): NodeHash;
  /** In one step, which takes half of the time; from Node 20.12. */
  hash?(algorithm: "sha256", data: string | Uint8Array, encoding: "hex"): string;
  createHmac(algorithm: "sha256", key: string): NodeHash;
  timingSafeEqual(one: Uint8Array, other: Uint8Array): boolean;
}

interface NodeHash {
  update(data: string | Uint8Array): NodeHash;
  digest(): Uint8Array;
  digest(encoding: "base64" | "hex"): string;
}

let loaded: NodeCrypto | undefined;

/**
 * Looked up when it is first needed, as importing does nothing. WebCrypto would take a turn of the event loop for each hash,
 * which is more than the hash itself.
 */
function nodeCrypto(): NodeCrypto {
  const { process } = globalThis as {
    readonly process?: { getBuiltinModule?(name: "node:crypto"): NodeCrypto | undefined };
  };
  const module = loaded ??= process?.getBuiltinModule?.("node:crypto");
  if (module !== undefined) return module;
  throw new TypeError("This runtime has no node:crypto; on workerd set the compatibility flag nodejs_compat");
}

/** The SHA-256 of a text or of bytes, in hexadecimal digits. */
export function sha256(data: string | Uint8Array): string {
  const crypto = nodeCrypto();
  return crypto.hash?.("sha256", data, "hex") ?? crypto.createHash("sha256").update(data).digest("hex");
}

/** The HMAC-SHA256 of these parts, one after the other. */
export function hmacSha256(secret: string, parts: readonly (string | Uint8Array)[]): Uint8Array {
  const hmac = nodeCrypto().createHmac("sha256", secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** Whether two values are equal, in a time that depends on their length alone. */
export function isEqualInConstantTime(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && nodeCrypto().timingSafeEqual(one, other);
}
