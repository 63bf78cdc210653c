/** Whether a text does for a version: printable, and short enough for a label. */
export function isVersion(text: string): boolean {
  return /^[\x21-\x7e]{1,64}$/.test(text);
}
