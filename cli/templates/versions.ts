export { PACKAGE_VERSION as VERSION } from "../../internal/package_version.ts";

/**
 * The dependencies of a new service, at the versions that this package is tested with. Those of PGlite are exact, because
 * its socket asks for exactly one version.
 */
export const RANGES: Readonly<Record<string, string>> = {
  "@electric-sql/pglite": "0.5.14",
  "@electric-sql/pglite-socket": "0.2.17",
  "@hono/node-server": "^2.1.0",
  hono: "^4.11.0",
  zod: "^4.1.0",
};
