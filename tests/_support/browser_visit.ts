/**
 * Visits a page in Chromium, and prints what happened as one line of JSON. A program of Node's, since Playwright is.
 *
 * @module
 */
import { createRequire } from "node:module";
import process from "node:process";

/** What to do. */
export interface Visit {
  readonly url: string;
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: "dark" | "light";
  /** Whether scripts run. */
  readonly scripts?: boolean;
  /** Selectors to click, one after the other. */
  readonly clicks?: readonly string[];
  /** What to fill in afterwards: selectors with texts. */
  readonly fills?: readonly (readonly [selector: string, text: string])[];
  /** What to click after that. */
  readonly then?: readonly string[];
  /** Texts of links and buttons that are reached by the key Tab after that, and each pressed by Enter. */
  readonly tabsTo?: readonly string[];
  /** A selector to wait for, whose text is told. */
  readonly awaits?: string;
  /** Where to keep a picture of the window. */
  readonly screenshot?: string;
}

/** What happened. */
export interface Visited {
  readonly status: number;
  readonly title: string;
  /** What is to be seen of the page. */
  readonly text: string;
  /** What the content security policy kept from happening, and other errors. */
  readonly errors: readonly string[];
  /** Every URL that was requested. */
  readonly requests: readonly string[];
  /** Pixels that the page is wider than its window. */
  readonly overflow: number;
  readonly background: string;
  readonly color: string;
  /** Text of what was awaited. */
  readonly awaited: string | undefined;
}

interface Page {
  on(event: string, listener: (argument: never) => void): void;
  goto(url: string, options: object): Promise<{ status(): number }>;
  title(): Promise<string>;
  innerText(selector: string): Promise<string>;
  click(selector: string): Promise<void>;
  fill(selector: string, text: string): Promise<void>;
  readonly keyboard: { press(key: string): Promise<void> };
  waitForNavigation(): Promise<unknown>;
  waitForLoadState(state: "networkidle"): Promise<void>;
  waitForSelector(selector: string): Promise<{ innerText(): Promise<string> }>;
  screenshot(options: object): Promise<void>;
  evaluate<Result>(run: () => Result): Promise<Result>;
}

/** More than a page has places to stop at. */
const MAX_TABS = 200;

const [modules, executablePath, visits] = process.argv.slice(2) as [string, string, string];
const { chromium } = createRequire(`${modules}/`)("playwright-core");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
try {
  const results: Visited[] = [];
  for (const visit of JSON.parse(visits) as Visit[]) results.push(await look(visit));
  console.log(JSON.stringify(results));
} finally {
  await browser.close();
}

async function look(visit: Visit): Promise<Visited> {
  const { url, width = 1280, height = 800, colorScheme = "light", scripts = true } = visit;
  const { clicks = [], fills = [], then = [], tabsTo = [], awaits } = visit;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    javaScriptEnabled: scripts,
  });
  const page: Page = await context.newPage();
  const errors: string[] = [];
  const requests: string[] = [];
  page.on("console", (message: { type(): string; text(): string }) => {
    if (message.type() === "error" || /Content.Security.Policy/i.test(message.text())) {
      errors.push(message.text());
    }
  });
  page.on("pageerror", (error: Error) => errors.push(String(error)));
  page.on("request", (request: { url(): string }) => requests.push(request.url()));
  const response = await page.goto(url, { waitUntil: "networkidle" });
  for (const selector of clicks) await page.click(selector);
  for (const [selector, text] of fills) await page.fill(selector, text);
  for (const selector of then) await page.click(selector);
  for (const text of tabsTo) await pressByKeyboard(page, text);
  await page.waitForLoadState("networkidle");
  const awaited = awaits === undefined ? undefined : await (await page.waitForSelector(awaits)).innerText();
  if (visit.screenshot !== undefined) await page.screenshot({ path: visit.screenshot });
  // Playwright's own scripts run in a world of their own, also where those of the page are off.
  const measured = await page.evaluate(() => {
    const { document: { documentElement, body }, getComputedStyle } = globalThis as unknown as BrowserGlobals;
    const { backgroundColor, color } = getComputedStyle(body);
    return {
      overflow: documentElement.scrollWidth - documentElement.clientWidth,
      background: backgroundColor,
      color,
    };
  });
  const result = { status: response.status(), title: await page.title(), text: await page.innerText("body") };
  await context.close();
  return { ...result, errors, requests, awaited, ...measured };
}

async function pressByKeyboard(page: Page, text: string): Promise<void> {
  for (let tabs = 0; tabs < MAX_TABS; tabs++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() =>
      (globalThis as unknown as BrowserGlobals).document.activeElement?.textContent?.trim()
    );
    if (focused !== text) continue;
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
    return;
  }
  throw new Error(`Tab does not reach "${text}"`);
}

interface BrowserGlobals {
  readonly document: {
    readonly activeElement: { readonly textContent: string | null } | null;
    readonly documentElement: { readonly scrollWidth: number; readonly clientWidth: number };
    readonly body: unknown;
  };
  getComputedStyle(element: unknown): { readonly backgroundColor: string; readonly color: string };
}
