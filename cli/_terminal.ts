import process from "node:process";
import { escapeControls, escapeControlsInLines } from "../internal/terminal_text.ts";
import { STOPPED } from "./_interrupt.ts";

/**
 * Standard input, output and error, and the user at the terminal.
 *
 * Printed text can come from a message or another server, so control characters in it are escaped, and only
 * {@link Terminal.paint} makes escape sequences.
 */
export interface Terminal {
  /** Whether the user can be asked: standard input and standard error are terminals. */
  readonly isInteractive: boolean;
  /** Width of the terminal in characters; `Infinity` when standard output is no terminal. */
  readonly columns: number;
  /**
   * Writes text or bytes to standard output unchanged, and resolves when they are written. On a terminal, control
   * characters are escaped.
   */
  write(data: string | Uint8Array): Promise<void>;
  /** Prints a text and a line end to standard output, with control characters but line feeds and tabs escaped. */
  print(text: string): Promise<void>;
  /** Prints a text and a line end to standard error, with control characters but line feeds and tabs escaped. */
  printError(text: string): void;
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

/** Introduces a style in printed text. The random part keeps data from containing one. */
const STYLE_MARK = `\x1b${crypto.randomUUID()}[`;

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

  const writeOut = (data: string | Uint8Array) =>
    new Promise<void>((resolve) => {
      erase();
      stdout.write(data, (error) => {
        if (error) onOutputError(error);
        resolve();
      });
    });
  return {
    isInteractive: stdin.isTTY === true && stderr.isTTY === true,
    columns: stdout.isTTY === true ? stdout.columns || 80 : Infinity,
    write: (data) => writeOut(stdout.isTTY === true ? escapeControlsInLines(toText(data)) : data),
    print: (text) => writeOut(`${toPrintable(text)}\n`),
    printError(text) {
      erase();
      stderr.write(`${toPrintable(text)}\n`);
    },
    paint(style, text) {
      if (!hasColours) return text;
      const [on, off] = STYLES[style];
      return `${STYLE_MARK}${on}m${text}${STYLE_MARK}${off}m`;
    },
    progress(what) {
      if (stderr.isTTY !== true) return { show() {}, [Symbol.dispose]() {} };
      return {
        show(done, total) {
          const line = progressLine(escapeControls(what), done, total);
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
        const answer = await Promise.race([lines.question(`${toPrintable(question)} [y/N] `), ended]);
        return /^y(es)?$/i.test(answer.trim());
      } finally {
        lines.close();
      }
    },
  };
}

/** Escapes the control characters of a text, and turns the styles of {@link Terminal.paint} into escape sequences. */
function toPrintable(text: string): string {
  const [plain = "", ...styled] = text.split(STYLE_MARK);
  const parts = styled.map((part) => {
    const end = part.indexOf("m") + 1;
    return `\x1b[${part.slice(0, end)}${escapeControlsInLines(part.slice(end))}`;
  });
  return escapeControlsInLines(plain) + parts.join("");
}

function toText(data: string | Uint8Array): string {
  return typeof data === "string" ? data : new TextDecoder().decode(data);
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
