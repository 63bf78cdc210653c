/**
 * SHA-256 of a migration's text, in lower-case hexadecimal. A byte order mark, the kind of line endings and empty lines
 * at the end do not change it, because git and editors change those.
 */
export async function checksumOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(normalizeText(text).trimEnd()),
  );
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The text without a byte order mark, and with `\n` as its only line ending. */
export function normalizeText(text: string): string {
  return text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
}
