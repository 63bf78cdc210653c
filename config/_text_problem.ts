/** What is wrong with a text file, or odd about it. */
export interface TextProblem {
  /** The line, from 1, where it is known. */
  readonly line?: number | undefined;
  readonly message: string;
}
