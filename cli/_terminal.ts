import process from "node:process";
import { STOPPED } from "./_interrupt.ts";

/** Standard input, output and error, and the user at the terminal. */
export interface Terminal {
  /** Whether the user can be asked: standard input and standard error are terminals. */
  readonly isInteractive: boolean;
  /** Width of the terminal in characters; `Infinity` when standard output is no terminal. */
  readonly columns: number;
  /** Writes a text to standard output, and resolves when it is written. */
  write(text: string): Promise<void>;
  /** Writes a line to standard output. */
  print(line: string): Promise<void>;
  /** Writes a line to standard error. */
  printError(line: string): void;
  /** Styles a text for standard output. Without colours, the text is returned as it is. */
  paint(style: Style, text: string): string;
  /** Shows a progress bar, on a terminal. */
  progress(what: string): Progress;
  /** Asks a yes-no question. Anything but `y` or `yes` is no. */
  confirm(question: string): Promise<boolean>;
}

/** A progress bar. Disposing removes it. */
export interface Progress extends Disposable {
  /** Redraws the bar. */
  show(done: number, total: number): void;
}

/** A style of text on a terminal. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

const STYLES: Readonly<Record<Style, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};
const BAR_WIDTH = 24;

/** The terminal of this process. */
export function createTerminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  stdout.on("error", onOutputError);
  const hasColours = stdout.isTTY === true && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";
  let shown = "";

  function erase(): void {
    if (shown !== "") stderr.write(`\r\x1b[K`);
    shown = "";
  }

  const write = (text: string) =>
    new Promise<void>((resolve) => {
      erase();
      stdout.write(text, (error) => {
        if (error) onOutputError(error);
        resolve();
      });
    });
  return {
    isInteractive: stdin.isTTY === true && stderr.isTTY === true,
    columns: stdout.isTTY === true ? stdout.columns || 80 : Infinity,
    write,
    print: (line) => write(`${line}\n`),
    printError(line) {
      erase();
      stderr.write(`${line}\n`);
    },
    paint(style, text) {
      if (!hasColours) return text;
      const [on, off] = STYLES[style];
      return `\x1b[${on}m${text}\x1b[${off}m`;
    },
    progress(what) {
      if (stderr.isTTY !== true) return { show() {}, [Symbol.dispose]() {} };
      return {
        show(done, total) {
          const line = progressLine(what, done, total);
          if (line === shown) return;
          erase();
          stderr.write(shown = line);
        },
        [Symbol.dispose]: erase,
      };
    },
    async confirm(question) {
      erase();
      const { createInterface } = await import("node:readline/promises");
      const lines = createInterface({ input: stdin, output: stderr });
      lines.once("SIGINT", () => process.exit(STOPPED));
      try {
        const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
        const answer = await Promise.race([lines.question(`${question} [y/N] `), ended]);
        return /^y(es)?$/i.test(answer.trim());
      } finally {
        lines.close();
      }
    },
  };
}

function progressLine(what: string, done: number, total: number): string {
  const filled = total === 0 ? BAR_WIDTH : Math.floor(BAR_WIDTH * done / total);
  return `${what} [${"#".repeat(filled)}${" ".repeat(BAR_WIDTH - filled)}] ${done}/${total}`;
}

/** Ends the process when the reader of a pipe has closed it, as `head` does. */
function onOutputError(error: Error & { readonly code?: string }): void {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
}
