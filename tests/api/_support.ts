import { glamMiddleware, type GlamOptions, type GlamVariables, type LoggerLike } from "@glam/shared/api";
import { createLogger, type LogFields } from "@glam/shared/logging";
import { Hono } from "hono";

/** JSON, read. */
// deno-lint-ignore no-explicit-any
export type Json = any;

/** What was given to a logger. */
export interface Entry {
  readonly level: keyof LoggerLike;
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger that keeps what it is given. */
export function recordingLogger(): { readonly logger: LoggerLike; readonly entries: Entry[] } {
  const entries: Entry[] = [];
  const at = (level: keyof LoggerLike) => (message: string, fields: LogFields = {}) =>
    void entries.push({ level, message, fields });
  const logger = {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    critical: at("critical"),
  };
  return { logger, entries };
}

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
export function createApp(options: GlamOptions = {}): { readonly app: App; readonly entries: Entry[] } {
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
