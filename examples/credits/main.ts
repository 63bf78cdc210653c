/**
 * A small service on `@glam/shared`: merchants, their credits, a ledger, and a daily summary that is kept from events.
 *
 * The same file runs on every runtime: `deno task start`, `bun examples/credits/main.ts`, `node examples/credits/main.ts`,
 * and on workerd, which sends its requests to the default export.
 */
const onWorkerd = navigator.userAgent === "Cloudflare-Workers";

const worker: object = onWorkerd ? (await import("./worker.ts")).worker : {};
export default worker;

if (!onWorkerd) await (await import("./server.ts")).runServer();
