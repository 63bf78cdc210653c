import type { Context, MiddlewareHandler } from "hono";
import type { WSContext, WSEvents } from "hono/ws";
import { currentContext, enterContext } from "../context/storage.ts";
import { ServiceUnavailableError } from "../errors/common.ts";
import { type WebSockets, webSocketsOf } from "./_web_sockets.ts";

/** `1011`: the server met an error (RFC 6455, 7.4.1). */
const INTERNAL_ERROR = 1011;

/**
 * The handler of a WebSocket route, the same on Deno, Bun and Node; the application runs in a
 * `createService({ websocket: true })`. On Node it needs `npm install ws`.
 *
 * The events are Hono's, and run in the context of the request that was upgraded. One that throws or rejects is logged, and
 * closes its socket with code 1011. When the service stops, every socket is closed with code 1001. A request that asks for
 * no upgrade goes on to the next handler.
 *
 * @example
 * ```ts
 * import { createService, upgradeWebSocket } from "@glam/shared/service";
 * import { Hono } from "hono";
 *
 * const app = new Hono();
 * app.get("/echo", upgradeWebSocket(() => ({ onMessage: (event, ws) => ws.send(`echo ${event.data}`) })));
 *
 * const options = { port: 0, hostname: "127.0.0.1", graceMs: 0 };
 * await using service = createService({ name: "echo", app, websocket: true, ...options });
 * await service.start();
 * const socket = new WebSocket(`${service.address?.url.replace("http", "ws")}/echo`);
 * socket.onopen = () => socket.send("hi");
 * console.log((await new Promise<MessageEvent>((resolve) => socket.onmessage = resolve)).data); // echo hi
 * ```
 *
 * @param createEvents makes the events of a socket; it runs before the upgrade, and may refuse it by throwing an error.
 */
export function upgradeWebSocket(
  createEvents: (c: Context) => WSEvents | Promise<WSEvents>,
  // deno-lint-ignore no-explicit-any -- fits applications of any environment, as Hono's own does
): MiddlewareHandler<any, string, { outputFormat: "ws" }> {
  return async function upgrade(c, next) {
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket") return await next();
    const sockets = webSocketsOf(c.env);
    if (sockets === undefined) {
      throw new TypeError(
        "Cannot open a WebSocket: serve the application by `createService({ websocket: true })`",
      );
    }
    if (sockets.isClosing) throw new ServiceUnavailableError("The service is stopping");
    const events = await createEvents(c);
    return await sockets.upgrade(c, watched(events, sockets, c.req.path));
  };
}

/** The events, guarded, and the socket known to the service for as long as it is open. */
function watched(events: WSEvents, sockets: WebSockets, path: string): Required<WSEvents> {
  const context = currentContext();
  const call = (ws: WSContext, handler: () => unknown) => {
    const fail = (error: unknown) => {
      sockets.logger.error("A WebSocket handler failed", { path, error });
      ws.close(INTERNAL_ERROR, "Internal error");
    };
    const guarded = async () => {
      try {
        await handler();
      } catch (error) {
        fail(error);
      }
    };
    if (context === undefined) void guarded();
    else void enterContext(context, guarded);
  };
  return {
    onOpen(event, ws) {
      sockets.add(ws);
      call(ws, () => events.onOpen?.(event, ws));
    },
    onMessage: (event, ws) => call(ws, () => events.onMessage?.(event, ws)),
    onClose(event, ws) {
      sockets.delete(ws);
      call(ws, () => events.onClose?.(event, ws));
    },
    onError: (event, ws) => call(ws, () => events.onError?.(event, ws)),
  };
}
