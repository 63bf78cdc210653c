/** FNV-1a with 32 bits over the UTF-8 bytes of a text: how a key decides on its partition. */
export function fnv1a32(text: string): number {
  return new TextEncoder().encode(text).reduce(
    (hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0,
    0x811c9dc5,
  );
}
