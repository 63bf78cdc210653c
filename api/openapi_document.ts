/** A JSON object of the document. */
export type OpenApiObject = { readonly [key: string]: unknown };

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  /** Version of OpenAPI. */
  readonly openapi: "3.1.0";
  /** What it is about. */
  readonly info: OpenApiObject;
  /** Where the service is. */
  readonly servers: readonly OpenApiObject[];
  /** Operations by path and method. */
  readonly paths: Readonly<Record<string, OpenApiObject>>;
  /** What operations have in common. */
  readonly components: OpenApiObject;
  /** Groups of operations. */
  readonly tags?: readonly OpenApiObject[];
  /** Routes that nothing is known of, which a test can require to be empty. */
  readonly "x-undocumented": readonly string[];
}
