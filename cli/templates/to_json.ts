const WIDTH = 80;

/** A file of JSON, with lists of texts on one line where they fit, as the formatters of all runtimes have it. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2).replace(
    /^(.*)\[\n\s+([^[\]{}]*?)\n\s*\](,?)$/gm,
    (lines: string, before: string, items: string, after: string) => {
      const line = `${before}[${items.replace(/\n\s+/g, " ")}]${after}`;
      return line.length <= WIDTH ? line : lines;
    },
  );
  return `${text}\n`;
}
