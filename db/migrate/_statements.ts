/** A statement of a SQL text, without the semicolon. */
export interface Statement {
  readonly text: string;
  /** Where it begins in the text, in UTF-16 code units. */
  readonly offset: number;
  /** The line it begins on, from 1. */
  readonly line: number;
  /** Its words outside of parentheses, quotes and comments, in upper case. */
  readonly words: readonly string[];
}

/** A `--` comment with nothing but white space before it on its line. */
export interface LineComment {
  readonly text: string;
  readonly offset: number;
  readonly line: number;
}

/** The statements and comments of a SQL text. */
export interface SqlText {
  readonly statements: readonly Statement[];
  readonly comments: readonly LineComment[];
}

/** A text that is not SQL. */
export class SqlTextError extends Error {
  override readonly name = "SqlTextError";
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

// https://www.postgresql.org/docs/current/sql-syntax-lexical.html, and psqlscan.l for the ends of statements. The
// patterns are tried in this order.
const SPACE = /\s+/y;
const LINE_COMMENT = /--[^\n]*/y;
const STRING = /'[^']*(?:''[^']*)*'/y;
const ESCAPE_STRING = /[eE]'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*'/y;
// Strings separated by a line break are one string, and the escapes of the first apply to the next.
const ESCAPE_STRING_PART = /[^\S\n]*\n\s*'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*'/y;
const QUOTED_NAME = /"[^"]*(?:""[^"]*)*"/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const NUMBER = /\$?\d[\w.]*/y;

/**
 * Splits a SQL text into statements. Semicolons in strings, dollar quotes, comments, parentheses and bodies of
 * `begin atomic` functions do not end a statement. Assumes `standard_conforming_strings`, on since PostgreSQL 9.1.
 *
 * @throws {SqlTextError} when a string, a comment or a function body has no end, or something is not SQL.
 */
export function splitStatements(sql: string): SqlText {
  return new Scanner(sql).scan();
}

class Scanner {
  readonly #sql: string;
  readonly #statements: Statement[] = [];
  readonly #comments: LineComment[] = [];
  #at = 0;
  #line = 1;
  #counted = 0;
  #start = -1;
  #end = 0;
  #words: string[] = [];
  #parentheses = 0;
  #blocks = 0;

  constructor(sql: string) {
    this.#sql = sql;
  }

  scan(): SqlText {
    const sql = this.#sql;
    while (this.#at < sql.length) {
      if (this.#match(SPACE) !== undefined) continue;
      const begin = this.#at;
      const comment = this.#match(LINE_COMMENT);
      if (comment !== undefined) this.#keepComment(begin, comment);
      else if (sql.startsWith("/*", begin)) this.#skipBlockComment();
      else if (sql[begin] === ";" && this.#parentheses === 0 && this.#blocks === 0) {
        this.#endStatement(begin + 1);
      } else this.#token(begin);
    }
    if (this.#blocks > 0) throw this.#error("`begin atomic` has no `end`", this.#start);
    if (this.#parentheses > 0) throw this.#error("a parenthesis is not closed", this.#start);
    this.#endStatement(sql.length);
    return { statements: this.#statements, comments: this.#comments };
  }

  #token(begin: number): void {
    const sql = this.#sql;
    if (this.#start < 0) this.#start = begin;
    const escaped = this.#match(ESCAPE_STRING) !== undefined;
    if (escaped) { while (this.#match(ESCAPE_STRING_PART) !== undefined); }
    else if (this.#match(STRING) !== undefined || this.#match(QUOTED_NAME) !== undefined) { /* taken */ }
    else if (/^[eE]?'/.test(sql.slice(begin, begin + 2))) throw this.#error("a string is not closed", begin);
    else if (sql[begin] === '"') throw this.#error("a quoted name is not closed", begin);
    else if (!this.#matchDollarQuote(begin)) this.#wordOrSymbol(begin);
    this.#end = this.#at;
  }

  #wordOrSymbol(begin: number): void {
    const word = this.#match(WORD);
    if (word !== undefined) return this.#keepWord(word.toUpperCase());
    if (this.#match(NUMBER) !== undefined) return;
    const symbol = this.#sql[begin];
    if (symbol === "\\") {
      throw this.#error("a command of psql, which the server does not understand; remove it", begin);
    }
    if (symbol === "(") this.#parentheses++;
    if (symbol === ")" && this.#parentheses > 0) this.#parentheses--;
    this.#at = begin + 1;
  }

  #keepWord(word: string): void {
    if (this.#parentheses > 0) return;
    this.#words.push(word);
    const [first, second, third, fourth] = this.#words;
    const kind = second === "OR" && third === "REPLACE" ? fourth : second;
    if (first !== "CREATE" || (kind !== "FUNCTION" && kind !== "PROCEDURE")) return;
    if (word === "BEGIN" || (word === "CASE" && this.#blocks > 0)) this.#blocks++;
    if (word === "END" && this.#blocks > 0) this.#blocks--;
  }

  #matchDollarQuote(begin: number): boolean {
    const tag = this.#match(DOLLAR_TAG);
    if (tag === undefined) return false;
    const close = this.#sql.indexOf(tag, this.#at);
    if (close < 0) throw this.#error(`the quote ${tag} is not closed`, begin);
    this.#at = close + tag.length;
    return true;
  }

  #skipBlockComment(): void {
    const begin = this.#at;
    const mark = /\/\*|\*\//g;
    mark.lastIndex = begin;
    for (let depth = 0;;) {
      const found = mark.exec(this.#sql);
      if (found === null) throw this.#error("a comment is not closed", begin);
      depth += found[0] === "/*" ? 1 : -1;
      if (depth > 0) continue;
      this.#at = mark.lastIndex;
      return;
    }
  }

  #keepComment(begin: number, text: string): void {
    const lineStart = this.#sql.lastIndexOf("\n", begin) + 1;
    if (this.#sql.slice(lineStart, begin).trim() !== "") return;
    this.#comments.push({ text: text.trimEnd(), offset: begin, line: this.#lineAt(begin) });
  }

  #endStatement(next: number): void {
    if (this.#start >= 0) {
      this.#statements.push({
        text: this.#sql.slice(this.#start, this.#end),
        offset: this.#start,
        line: this.#lineAt(this.#start),
        words: this.#words,
      });
    }
    this.#at = next;
    this.#start = -1;
    this.#words = [];
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#sql)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  /** Counts from the last offset, because offsets mostly ascend. */
  #lineAt(offset: number): number {
    if (offset < this.#counted) [this.#counted, this.#line] = [0, 1];
    for (; this.#counted < offset; this.#counted++) if (this.#sql[this.#counted] === "\n") this.#line++;
    return this.#line;
  }

  #error(message: string, offset: number): SqlTextError {
    return new SqlTextError(message, this.#lineAt(Math.max(0, offset)));
  }
}
