/**
 * Servers that say by the byte what they answer, and a contract to call them by.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createServer, type Socket } from "node:net";
import { createServiceClient, type ServiceClient, type ServiceClientOptions } from "@glam/shared/client";
import { defineEndpoint, type Endpoint } from "@glam/shared/contract";
import { ConflictError, NotFoundError, RateLimitedError } from "@glam/shared/errors";
import * as z from "zod";

const Item = z.object({ id: z.string() });
const errors = [NotFoundError, ConflictError, RateLimitedError];

const GetItem = defineEndpoint("GET /items/:id", { data: Item, errors });
const AddItem = defineEndpoint("POST /items", { body: Item, data: Item, status: 201, errors });
const PayItem = defineEndpoint("POST /payments", { body: Item, data: Item, idempotent: "key" });
const PutItem = defineEndpoint("PUT /items/:id", { body: Item, data: Item });
const Upload = defineEndpoint("POST /uploads", { form: z.object({ name: z.string() }), data: Item });
const ListItems = defineEndpoint("GET /items", { list: Item });
const Walk = defineEndpoint("GET /walk", { cursorList: Item });
const Export = defineEndpoint("GET /export", { raw: { contentType: "text/csv" } });

interface Named {
  readonly id: string;
}
type ItemError = ConflictError | NotFoundError | RateLimitedError;

export const endpoints: {
  readonly GetItem: Endpoint<"GET /items/:id", { params: Named; data: Named; errors: ItemError }>;
  readonly AddItem: Endpoint<"POST /items", { body: Named; data: Named; errors: ItemError }>;
  readonly PayItem: Endpoint<"POST /payments", { body: Named; data: Named }>;
  readonly PutItem: Endpoint<"PUT /items/:id", { params: Named; body: Named; data: Named }>;
  readonly Upload: Endpoint<"POST /uploads", { form: { name: string }; data: Named }>;
  readonly ListItems: Endpoint<"GET /items", { list: Named }>;
  readonly Walk: Endpoint<"GET /walk", { cursorList: Named }>;
  readonly Export: Endpoint<"GET /export", { raw: Response }>;
} = { GetItem, AddItem, PayItem, PutItem, Upload, ListItems, Walk, Export };

export type Client = ServiceClient<typeof endpoints>;

/** A client of these contracts. */
export function clientOf(
  options: Omit<ServiceClientOptions<typeof endpoints>, "endpoints" | "service">,
): Client {
  return createServiceClient({ service: "catalog", endpoints, ...options });
}

/** A request as a server got it. */
export interface SeenRequest {
  readonly head: string;
  readonly body: string;
  /** Number of its connection, from 1. */
  readonly connection: number;
  /** Its number on the connection, from 1. */
  readonly nth: number;
}

/** A server of bytes. */
export interface ByteServer extends AsyncDisposable {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
}

/** Serves on a free port what `answer` writes. */
export async function byteServer(
  answer: (request: SeenRequest, socket: Socket) => void,
): Promise<ByteServer> {
  const seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    const connection = ++connections;
    let nth = 0;
    let rest = "";
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (data) => {
      rest += Buffer.from(data as Uint8Array).toString("latin1");
      for (let request; (request = nextRequest(rest)) !== undefined;) {
        rest = request.rest;
        seen.push({ head: request.head, body: request.body, connection, nth: ++nth });
        answer(seen.at(-1)!, socket);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { readonly port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function nextRequest(text: string): { head: string; body: string; rest: string } | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const start = end + 4;
  if (/^transfer-encoding: *chunked/im.test(head)) {
    const last = text.indexOf("0\r\n\r\n", start);
    return last < 0 ? undefined : { head, body: text.slice(start, last), rest: text.slice(last + 5) };
  }
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  if (text.length < start + length) return undefined;
  return { head, body: text.slice(start, start + length), rest: text.slice(start + length) };
}

/** The bytes of an answer. */
export function response(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = { "Content-Type": "application/json" },
): string {
  const all = { "Content-Length": String(Buffer.byteLength(body)), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Status\r\n${lines.join("")}\r\n${body}`;
}

/** The bytes of a success. */
export function success(data: unknown, status = 200): string {
  return response(status, JSON.stringify({ data }));
}

/** The bytes of an error of the fleet. */
export function failure(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
  details: object = {},
): string {
  const body = JSON.stringify({ error: { code, message: `The ${code}`, details } });
  return response(status, body, { "Content-Type": "application/json", ...headers });
}
