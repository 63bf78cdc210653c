/**
 * A small service on `@glam/shared`: merchants, their credits and a ledger.
 *
 * The same file runs on every runtime: `deno task start`, `bun examples/credits/main.ts`, `node examples/credits/main.ts`,
 * and on workerd, which takes the default export, as Bun does.
 */
import { createApp } from "./app.ts";
import { address, serve } from "./serve.ts";

const { fetch } = createApp();

// Deno is served below, and would ask about a default export that can be served.
const server: object = "Deno" in globalThis ? {} : { fetch, ...address };
export default server;

await serve(fetch);
