/**
 * Finds the links of Markdown pages that lead nowhere: to a file that does not exist, or a heading that a page has not.
 *
 * @module
 */
import { posix } from "node:path";

/** What is asked of the place where the pages are. */
export interface PageTree {
  /** The text of a page; `undefined` where there is none. */
  read(path: string): Promise<string | undefined>;
  /** Whether there is a file or a folder. */
  exists(path: string): Promise<boolean>;
}

const FENCE = /^(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1/gm;
const LINK = /\[[^\]]*\]\(([^()\s]+)\)/g;

/** The dead links of these pages, as `page: link`. */
export async function deadLinks(paths: readonly string[], tree: PageTree): Promise<string[]> {
  const dead: string[] = [];
  for (const path of paths) {
    const text = (await tree.read(path) ?? "").replace(FENCE, "");
    for (const [, link] of text.matchAll(LINK)) {
      if (!await leadsSomewhere(link!, path, tree)) dead.push(`${path}: ${link}`);
    }
  }
  return dead;
}

async function leadsSomewhere(link: string, from: string, tree: PageTree): Promise<boolean> {
  if (/^[a-z][a-z+.-]*:/.test(link)) return true; // another host's
  const [file = "", heading] = link.split("#");
  const path = file === "" ? from : posix.join(posix.dirname(from), file);
  if (!await tree.exists(path)) return false;
  if (heading === undefined) return true;
  return anchorsOf(await tree.read(path) ?? "").has(heading);
}

/** The names of a page's headings, as GitHub makes them. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading] of text.replace(FENCE, "").matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const name = heading!.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-");
    let anchor = name;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${name}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}
