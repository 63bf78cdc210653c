/** A problem or warning about a text file. */
export interface TextProblem {
  /** The line, from 1, where it is known. */
  readonly line?: number | undefined;
  readonly message: string;
}
