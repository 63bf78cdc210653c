/** A JSON Schema, as OpenAPI 3.1 has it. */
export type JsonSchema = { [key: string]: unknown };

/** Whether a schema is of what comes in, or of what goes out: they differ in which members are required. */
export type SchemaUse = "request" | "response";

/** Where a schema stands, for errors and for the names of what has none. */
export interface SchemaPlace {
  /** Such as `GET /items/:id, query`. */
  readonly label: string;
  /** Name of the operation. */
  readonly operationId: string;
  readonly use: SchemaUse;
  /** Where a bigint that no codec stands for travels as a number of any size. */
  readonly bigints?: "integer" | undefined;
}
