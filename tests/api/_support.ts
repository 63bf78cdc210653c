import { glamMiddleware, type GlamOptions, type GlamVariables, type LoggerLike } from "@glam/shared/api";
import { createLogger } from "@glam/shared/logging";
import { Hono } from "hono";
import { type LogEntry, recordingLogger } from "../_support/recording_logger.ts";

export { type LogEntry, recordingLogger } from "../_support/recording_logger.ts";

/** JSON, read. */
// deno-lint-ignore no-explicit-any
export type Json = any;

/** The package's own logger, with its lines kept and read as JSON. */
export function jsonLogger(): { readonly logger: LoggerLike; readonly lines: Json[] } {
  const lines: Json[] = [];
  const logger = createLogger("catalog", {
    format: "json",
    level: "debug",
    environment: "test",
    file: false,
    sink: (line) => void lines.push(JSON.parse(line)),
  });
  return { logger, lines };
}

/** The applications of these tests. */
export type App = Hono<{ Variables: GlamVariables }>;

/** An application behind `glamMiddleware`, and what it logged. */
export function createApp(options: GlamOptions = {}): { readonly app: App; readonly entries: LogEntry[] } {
  const { logger, entries } = recordingLogger();
  const app: App = new Hono();
  app.use(glamMiddleware({ service: "catalog", logger, ...options }));
  return { app, entries };
}

/** An answer with its body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON, `undefined` where it is none. */
  readonly body: Json;
}

interface Requested {
  request(path: string | Request, init?: RequestInit, env?: object): Response | Promise<Response>;
}

/** Sends a request. Hono's default error handler writes to the console, which is silenced for so long. */
export async function send(
  app: Requested,
  path: string | Request,
  init?: RequestInit,
  env?: object,
): Promise<Answer> {
  const { error } = console;
  console.error = () => {};
  try {
    return await read(await app.request(path, init, env));
  } finally {
    console.error = error;
  }
}

/** A response with its body read. */
export async function read(response: Response): Promise<Answer> {
  const { status, headers } = response;
  const text = await response.text();
  let body: Json;
  try {
    body = JSON.parse(text);
  } catch { // not JSON
  }
  return { status, headers, text, body };
}

/** A request with a JSON body. */
export function post(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

/** A promise with its handles. */
export function deferred<T = void>(): {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
} {
  let handles!: { resolve(value: T): void; reject(error: unknown): void };
  const promise = new Promise<T>((resolve, reject) => handles = { resolve, reject });
  return { promise, ...handles };
}
