interface NodeProcess {
  getBuiltinModule?(name: string): NodeCrypto | undefined;
}

interface NodeCrypto {
  createHash(algorithm: "sha256"): {
    update(data: string | Uint8Array): { digest(encoding: "hex"): string };
  };
}

/**
 * The SHA-256 of bytes, or of a text in UTF-8, in hexadecimal digits. Web Crypto hashes on another thread, which takes many
 * times longer for a body of the usual size; it serves where there is nothing else.
 */
export async function sha256(data: ArrayBuffer | string): Promise<string> {
  const { process } = globalThis as { readonly process?: NodeProcess };
  const node = process?.getBuiltinModule?.("node:crypto");
  if (node !== undefined) {
    const bytes = typeof data === "string" ? data : new Uint8Array(data);
    return node.createHash("sha256").update(bytes).digest("hex");
  }
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
