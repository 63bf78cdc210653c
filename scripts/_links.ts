/**
 * Finds the links of Markdown pages that lead nowhere: to a file that does not exist, or a heading that a page has not;
 * and points those that leave a package to its repository.
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
const FENCE_OR_LINK = new RegExp(`${FENCE.source}|${LINK.source}`, "gm");

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

/** Where the files of a version can be read that are not in its package. */
export interface SourceTree {
  /** Such as `https://github.com/glam/shared`. */
  readonly repository: string;
  /** Such as `0.1.0`. */
  readonly version: string;
}

/** A page as it is published: what it links to that is not in the package, it links to in the repository. */
export function publishedPage(
  text: string,
  from: string,
  isPackaged: (path: string) => boolean,
  { repository, version }: SourceTree,
): string {
  return text.replace(
    FENCE_OR_LINK,
    (whole: string, _fence: string | undefined, link: string | undefined) => {
      if (link === undefined || isElsewhere(link) || link.startsWith("#")) return whole;
      const { path, heading } = targetOf(link, from);
      if (isPackaged(path)) return whole;
      const kind = posix.extname(path) === "" && posix.basename(path) !== "LICENSE" ? "tree" : "blob";
      const anchor = heading === undefined ? "" : `#${heading}`;
      return whole.replace(`](${link})`, `](${repository}/${kind}/v${version}/${path}${anchor})`);
    },
  );
}

function isElsewhere(link: string): boolean {
  return /^[a-z][a-z+.-]*:/.test(link);
}

function targetOf(
  link: string,
  from: string,
): { readonly path: string; readonly heading: string | undefined } {
  const [file = "", heading] = link.split("#");
  return { path: file === "" ? from : posix.join(posix.dirname(from), file), heading };
}

async function leadsSomewhere(link: string, from: string, tree: PageTree): Promise<boolean> {
  if (isElsewhere(link)) return true;
  const { path, heading } = targetOf(link, from);
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
