import { type Context, Hono } from "hono";
import { basePath } from "hono/route";
import { outsideContext } from "../internal/outside_context.ts";
import { createRedactor } from "../logging/redact.ts";
import { makeNonce } from "../internal/page_response.ts";
import { createDeadLetters } from "../messaging/dead_letters/create_dead_letters.ts";
import type { Operator, OpsOptions } from "./options.ts";
import type { OpsBindings, OpsPages } from "./page/_ops_context.ts";
import { isSameOrigin } from "./_same_origin.ts";

/**
 * Creates the page on which operators see and repair a fleet: an application to mount with `app.route("/ops", ...)`.
 * It is rendered on the server, works without a script, and requests nothing from another host.
 *
 * @example
 * ```ts
 * import { createMemoryBus } from "@glam/shared/messaging";
 * import { createLogger } from "@glam/shared/logging";
 * import { createOpsApp } from "@glam/shared/ops";
 * import { Hono } from "hono";
 *
 * const app = new Hono();
 * const authorize = () => ({ name: "ada", can: ["read", "redrive"] as const });
 * const logger = createLogger("catalog");
 * app.route("/ops", createOpsApp({ authorize, bus: createMemoryBus(), logger }));
 *
 * const page = await app.request("/ops");
 * console.log(page.status, (await page.text()).includes("Dead letters")); // 200 true
 * ```
 *
 * @throws {TypeError} when `authorize`, `bus` or `logger` is missing, or `redact` is malformed.
 */
export function createOpsApp(options: OpsOptions): Hono {
  assertOptions(options);
  const { authorize, bus, logger, deadLetters = createDeadLetters(bus), service = "fleet" } = options;
  const parts = { ...options, deadLetters, service, listeners: options.listeners ?? [] };
  let loading: Promise<OpsPages> | undefined;
  // Imported at the first request, so that a service whose page is not opened does not load it.
  const load = () =>
    loading ??= outsideContext(async () => (await import("./page/pages.ts")).createPages(parts));
  const app = new Hono();
  app.all("/*", async (c) => {
    const operator = await identify(c);
    if (operator === undefined) return c.notFound();
    const { method, raw, path: requested } = c.req;
    if (method !== "GET" && method !== "HEAD" && !isSameOrigin(raw)) {
      logger.warn("Operator action refused", { operator: operator.name, reason: "not from this page" });
      return c.text("This request does not come from the page itself", 403);
    }
    const base = basePath(c).replace(/\/$/, "");
    const path = requested.slice(base.length) || "/";
    const bindings: OpsBindings = { path, root: rootOf(requested, base), operator, nonce: makeNonce() };
    const response = await (await load()).fetch(raw, bindings);
    return response.status === 404 && response.body === null ? c.notFound() : response;
  });
  return app;

  async function identify(c: Context): Promise<Operator | undefined> {
    try {
      const operator = await authorize(c);
      return operator !== false && isOperator(operator) && operator.can.includes("read")
        ? operator
        : undefined;
    } catch (error) {
      logger.error("Operator not authorized: `authorize` failed", { error });
      return undefined;
    }
  }
}

/** The root of the page as a relative URL, which also holds behind a proxy that takes a prefix away. */
function rootOf(requested: string, base: string): string {
  if (requested === base) return `${base.slice(base.lastIndexOf("/") + 1)}/`; // without a slash at its end
  return "../".repeat(requested.slice(base.length).split("/").length - 2) || "./";
}

function isOperator(value: unknown): value is Operator {
  const { name, can } = (value ?? {}) as Partial<Operator>;
  return typeof name === "string" && name !== "" && Array.isArray(can);
}

function assertOptions({ authorize, bus, logger, redact }: OpsOptions): void {
  if (typeof authorize !== "function") {
    throw new TypeError(
      `Expected \`authorize\` to be a function that says who may see the page, got ${typeof authorize}`,
    );
  }
  if (typeof bus?.streamInfo !== "function") {
    throw new TypeError(`Expected \`bus\` to be a message bus, got ${typeof bus}`);
  }
  if (typeof logger?.info !== "function") {
    throw new TypeError(
      `Expected \`logger\` to be a logger, which gets the audit lines, got ${typeof logger}`,
    );
  }
  createRedactor(redact);
}
