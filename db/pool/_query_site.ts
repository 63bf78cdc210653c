import type { GlamError } from "../../errors/glam_error.ts";
import type { DriverQuery } from "../connection/_driver.ts";
import { isConnectionLoss } from "./_query_error.ts";

/** Where a statement is written: a stack whose first frame is that place. */
interface Site {
  readonly stack?: string;
}

/** A statement of an error, and whether the frames below it are those of who asked for it. */
interface Described {
  readonly heading: string;
  readonly isPlaced: boolean;
}

/** Longer ones, such as of many rows, are cut. */
const MAX_STATEMENT = 1000;

// By the strings of the query, which are the same for each run of one template.
const sites = new WeakMap<object, Site>();
const described = new WeakMap<GlamError, Described>();

/**
 * Remembers who wrote a statement: the caller of `tag`. A template is asked once, since it stands at one place, and only
 * that place is kept, since others may call it from elsewhere. One that this package puts together stands at none.
 */
export function rememberSite(strings: readonly string[] & { readonly raw?: unknown }, tag: object): void {
  if (strings.raw === strings || sites.has(strings)) return;
  const site = capture(tag);
  sites.set(strings, strings.raw === undefined ? site : { stack: framesOf(site.stack).split("\n", 1)[0]! });
}

/**
 * Lets the stack of an error of a query say which statement it was, and where that is written. The driver makes its errors
 * when the answer arrives, with nothing below but the socket. Parameters are not in the text, and what is quoted in it is
 * left out.
 */
export function withStatement<E extends GlamError>(error: E, query: DriverQuery): E {
  if (described.has(error) || isConnectionLoss(error)) return error;
  const text = query.string ?? query.strings.join("?");
  const heading = `${error.name}: ${error.message}\n    in ${shorten(text)}`;
  const site = sites.get(query.strings);
  place(error, heading, site);
  return error;
}

/** Lets an error of a statement of this package say who asked for it: what waits for the caller. */
export function withCaller<E>(error: E): E {
  const known = described.get(error as GlamError);
  if (known !== undefined && !known.isPlaced) place(error as GlamError, known.heading, capture(withCaller));
  return error;
}

function place(error: GlamError, heading: string, site: Site | undefined): void {
  const frames = framesOf(site?.stack ?? error.stack);
  described.set(error, { heading, isPlaced: site !== undefined });
  const value = frames === "" ? heading : `${heading}\n${frames}`;
  Object.defineProperty(error, "stack", { value, configurable: true, writable: true });
}

function capture(below: object): Site {
  const site: Site = {};
  (Error as { captureStackTrace?(target: object, below: object): void }).captureStackTrace?.(site, below);
  return site;
}

function framesOf(stack: string | undefined): string {
  return stack?.split("\n").filter((line) => /^\s+at /.test(line)).join("\n") ?? "";
}

/** On one line, without what is quoted: that can be data, where a text was put together with it. */
function shorten(text: string): string {
  const line = text
    .replace(/\$(\w*)\$[^]*?\$\1\$/g, "'…'")
    .replace(/'(?:[^']|'')*'?/g, "'…'")
    .replace(/\s+/g, " ")
    .trim();
  return line.length > MAX_STATEMENT ? `${line.slice(0, MAX_STATEMENT)}…` : line;
}
