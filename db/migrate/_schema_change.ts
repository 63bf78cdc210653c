/** A step of a migration, and how to revert it. A line is a statement without its semicolon, or a comment. */
export interface Change {
  readonly up: readonly string[];
  readonly down: readonly string[];
  /** When the step runs. */
  readonly phase: Phase;
}

/** The phases, in the order in which they run: what others need comes first. From `dropRule` on data can be lost. */
export const Phase = {
  rename: -1,
  loosen: 0,
  create: 1,
  add: 2,
  alter: 3,
  tighten: 4,
  refer: 5,
  dropRule: 6,
  narrow: 7,
  dropColumn: 8,
  dropTable: 9,
} as const;
/** One of {@link Phase}. */
export type Phase = typeof Phase[keyof typeof Phase];

/** Writes an `ALTER TABLE` for each of these actions. */
export type Alter = (...actions: string[]) => string[];

/** Comments the statements out, each on one line. */
export function commented(statements: readonly string[]): string[] {
  return statements.map((statement) => `-- ${oneLine(statement)};`);
}

function oneLine(statement: string): string {
  return statement.split("\n").map((line) => line.trim()).filter((line) => line !== "").join(" ");
}

/** Whether one of the list has this name. */
export function has(list: readonly { readonly name: string }[], name: string): boolean {
  return list.some((each) => each.name === name);
}
