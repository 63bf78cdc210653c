/** The name and runtime of a new service. */
export interface Scaffold {
  /** Such as `orders`. */
  readonly name: string;
  readonly runtime: "bun" | "deno" | "node";
}

/** The files of a new service, by their path in its folder. */
export type ScaffoldFiles = Readonly<Record<string, string>>;
