/**
 * Parses the report of `deno doc --lint`, and filters out references to types of npm packages.
 *
 * @module
 */

/** The diagnostics that count: all but `private-type-ref` to a type that is not declared in our own sources. */
export function ownDocDiagnostics(output: string, sources: readonly string[]): string[] {
  const ownLines = new Set(
    sources.flatMap((source) => source.split("\n").map((line, index) => lineKey(index + 1, line))),
  );
  return output.split(/^(?=error\[)/m).filter((block) => {
    if (!block.startsWith("error[")) return false;
    if (!block.startsWith("error[private-type-ref]")) return true;
    const referenced = referencedLine(block);
    return referenced === undefined || ownLines.has(referenced);
  }).map((block) => block.trim());
}

/** The report shows the referenced type's line with its number, but not its file. */
function referencedLine(block: string): string | undefined {
  const lines = block.split("\n");
  const marker = lines.findIndex((line) => line.includes("this is the referenced type"));
  const match = /^\s*(\d+) \| (.*)$/.exec(lines[marker - 1] ?? "");
  return match === null ? undefined : lineKey(Number(match[1]), match[2]!);
}

function lineKey(number: number, text: string): string {
  return `${number}:${text.trim()}`;
}
