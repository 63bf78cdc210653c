/** Control characters (C0, DEL, C1), line and paragraph separators, and characters that change the writing direction. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
const UNSAFE_IN_LINES = /(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Replaces every character that could end a line, move the cursor, start an escape sequence or reorder the text on a
 * terminal by an escape such as `\n` or `\u001b`. The result is one line.
 */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

/** As {@link escapeControls}, but keeps line feeds and tabs. JSON text stays the same JSON value. */
export function escapeControlsInLines(text: string): string {
  return text.replace(UNSAFE_IN_LINES, escapeCharacter);
}

function escapeCharacter(char: string): string {
  return SHORT_ESCAPES[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
