import { ConfigError } from "../errors/config_error.ts";
import { detectRuntime } from "../internal/runtime.ts";
import type { HttpServer, ServeOptions } from "./_http_server.ts";

/** Starts the HTTP server of the runtime. */
export async function serve(options: ServeOptions): Promise<HttpServer> {
  try {
    switch (detectRuntime()) {
      case "deno":
        return (await import("./_serve_deno.ts")).serveOnDeno(options);
      case "bun":
        return await (await import("./_serve_bun.ts")).serveOnBun(options);
      case "node":
        return await (await import("./_serve_node.ts")).serveOnNode(options);
      default:
        throw new TypeError("This runtime has no server to start: export the application's `fetch` instead");
    }
  } catch (error) {
    throw explained(error, options);
  }
}

function explained(error: unknown, { hostname, option, port }: ServeOptions): unknown {
  const { code, name } = error as { code?: string; name?: string };
  if (code === "EADDRINUSE" || name === "AddrInUse") {
    return new ConfigError(
      `port ${port} is in use. Choose another with ${
        option === undefined ? "the option `port` or the variable PORT" : `the option \`${option}\``
      }; 0 takes any that is free`,
      { cause: error },
    );
  }
  if (code === "EACCES") {
    return new ConfigError(`port ${port} needs more rights than the process has. Choose one from 1024 up`, {
      cause: error,
    });
  }
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || name === "AddrNotAvailable") {
    return new ConfigError(
      `${hostname} is not an address of this machine. Set the option \`hostname\`, for example to 0.0.0.0`,
      {
        cause: error,
      },
    );
  }
  return error;
}
