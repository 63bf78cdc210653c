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

/** What checks a new service on Node and Bun. Deno has its own. */
export const TOOLS: Readonly<Record<"@biomejs/biome" | "@types/bun" | "@types/node" | "typescript", string>> =
  {
    "@biomejs/biome": "2.6.8",
    "@types/bun": "^1.4.5",
    "@types/node": "^24.0.0",
    typescript: "^7.0.2",
  };

/** The images of a new service and of its servers. */
export const IMAGES = {
  bun: "oven/bun:1.4.5-slim",
  deno: "denoland/deno:2.9.6",
  node: "node:24-slim",
  grafana: "grafana/grafana:13.2.3",
  nats: "nats:2-alpine",
  postgres: "postgres:18-alpine",
  prometheus: "prom/prometheus:v3.15.0",
} as const;

/** The actions of its workflow, as the workflows of this package have them. */
export const ACTIONS = {
  checkout: "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
  bun: "oven-sh/setup-bun@0c5077e51419868618aeaa5fe8019c62421857d6 # v2.2.0",
  deno: "denoland/setup-deno@667a34cdef165d8d2b2e98dde39547c9daac7282 # v2.0.4",
  node: "actions/setup-node@820762786026740c76f36085b0efc47a31fe5020 # v7.0.0",
} as const;
