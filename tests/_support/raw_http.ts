/**
 * HTTP/1.1 as bytes: sends exactly the given bytes, and parses the answer strictly by RFC 9112, without a client library
 * that would join, sort, lower-case or reject headers.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { connect } from "node:net";
import { PATIENCE_MS } from "./wait_for.ts";

/** A response as it came over the wire. */
export interface RawResponse {
  readonly status: number;
  /** Names in lower case and values, in the order they came. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** The pieces of a chunked body. */
  readonly chunks: readonly string[];
  /** The value of a header that may occur at most once. */
  header(name: string): string | undefined;
}

/** How a server reacted to the bytes. */
export interface Exchange {
  readonly responses: readonly RawResponse[];
  /** The bytes behind the last complete response, for instance half of one. */
  readonly rest: string;
  /** How the exchange ended, in words: why a response is missing, where one is. */
  readonly end: string;
}

/** Options of {@link exchange}. */
export interface ExchangeOptions {
  /** Method of each request: an answer to `HEAD` has no body. */
  readonly methods?: readonly string[];
  /** Stop after so many final responses. @default 1 */
  readonly count?: number;
  /**
   * For bytes that may be an incomplete request, which a server does not answer: resolves when the server had time to read
   * them. Then the sending side is closed, and the exchange ends after the same time again.
   * @default waits for the server
   */
  readonly turn?: () => Promise<unknown>;
}

/** Most answers arrive within this time, so that no longer wait is needed. */
const TURN_AFTER_MS = 50;

/** Sends `bytes` on a connection of its own and reads until there are enough responses, or the server closes. */
export function exchange(
  port: number,
  bytes: string | Uint8Array,
  options: ExchangeOptions = {},
): Promise<Exchange> {
  const { methods = ["GET"], count = 1, turn } = options;
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    const startedAt = performance.now();
    /** What happened to the connection, in order. */
    const events: string[] = [];
    const note = (event: string) =>
      void events.push(`${event} after ${Math.round(performance.now() - startedAt)} ms`);
    let isOver = false;
    let turnTimer: ReturnType<typeof setTimeout>;
    const socket = connect({ port, host: "127.0.0.1" });
    const finish = () => {
      if (isOver) return;
      isOver = true;
      clearTimeout(patience);
      clearTimeout(turnTimer);
      socket.destroy();
      try {
        resolve({ ...parseResponses(Buffer.concat(received), methods, true), end: events.join(", ") });
      } catch (error) {
        reject(error);
      }
    };
    const patience = setTimeout(() => {
      note("nobody said more");
      finish();
    }, PATIENCE_MS);
    const takeTurns = async (takeTurn: () => Promise<unknown>) => {
      await takeTurn();
      if (isOver) return;
      note("the sending side was closed");
      socket.end();
      await takeTurn();
      finish();
    };
    socket.once("connect", () => {
      note("connected");
      socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes, (error) => {
        if (error || isOver || turn === undefined) return;
        turnTimer = setTimeout(() => takeTurns(turn).catch(reject), TURN_AFTER_MS);
      });
    });
    socket.on("data", (data) => {
      received.push(data as Buffer);
      const { responses } = parseResponses(Buffer.concat(received), methods, false);
      if (responses.length < count) return;
      note("answered");
      finish();
    });
    socket.once("end", () => note("the server closed its side"));
    socket.once("close", () => {
      note("closed");
      finish();
    });
    socket.on("error", (error: Error & { code?: string }) => {
      // A server may close the connection before it has read all bytes. That is an end, not an error.
      note(error.code ?? error.message);
      if (error.code !== "ECONNREFUSED") return;
      isOver = true;
      clearTimeout(patience);
      reject(error);
    });
  });
}

/** The response to `bytes`. Throws the reason when there is none. */
export async function exchangeOne(
  port: number,
  bytes: string | Uint8Array,
  options: ExchangeOptions = {},
): Promise<RawResponse> {
  const { responses: [response], rest, end } = await exchange(port, bytes, options);
  if (response === undefined) throw new Error(`Expected a response, got ${rest || "nothing"}: ${end}`);
  return response;
}

/** A request as text: the request line, the header lines as given, and a body with its length. */
export function requestText(
  method: string,
  target: string,
  headers: readonly (readonly [string, string])[],
  body?: string,
): string {
  const length: [string, string][] = body === undefined
    ? []
    : [["Content-Length", String(Buffer.byteLength(body, "latin1"))]];
  const lines = [["Host", "127.0.0.1"], ...headers, ...length, ["Connection", "close"]]
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n${body ?? ""}`;
}

/** The responses in `data`. A body that ends with the connection is whole only when the connection has `ended`. */
function parseResponses(
  data: Buffer,
  methods: readonly string[],
  ended: boolean,
): { readonly responses: RawResponse[]; readonly rest: string } {
  const responses: RawResponse[] = [];
  let at = 0;
  while (at < data.length) {
    const head = parseHead(data, at);
    if (head === undefined) break;
    const { status, headers, bodyAt } = head;
    if (status < 200) { // an interim response
      at = bodyAt;
      continue;
    }
    const bodyless = methods[responses.length] === "HEAD" || status === 204 || status === 304;
    const body = bodyless ? { pieces: [], end: bodyAt } : parseBody(data, bodyAt, headers, ended);
    if (body === undefined) break;
    const pieces = body.pieces.map((piece) => piece.toString("utf8"));
    responses.push({
      status,
      headers,
      body: Buffer.concat(body.pieces).toString("utf8"),
      chunks: pieces,
      header: (name) => {
        const values = headers.filter(([other]) => other === name.toLowerCase()).map(([, value]) => value);
        if (values.length > 1) throw new Error(`The response has ${values.length} headers "${name}"`);
        return values[0];
      },
    });
    at = body.end;
  }
  return { responses, rest: data.subarray(at).toString("latin1") };
}

const STATUS_LINE = /^HTTP\/1\.[01] ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const HEADER_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;

function parseHead(data: Buffer, at: number) {
  const end = data.indexOf("\r\n\r\n", at, "latin1");
  if (end < 0) return undefined;
  const [statusLine = "", ...lines] = data.subarray(at, end).toString("latin1").split("\r\n");
  const status = STATUS_LINE.exec(statusLine)?.[1];
  if (status === undefined) throw new Error(`Not a status line: ${JSON.stringify(statusLine)}`);
  const headers = lines.map((line) => {
    const match = HEADER_LINE.exec(line);
    if (match === null) throw new Error(`Not a header line: ${JSON.stringify(line)}`);
    return [match[1]!.toLowerCase(), match[2]!] as const;
  });
  return { status: Number(status), headers, bodyAt: end + 4 };
}

function parseBody(
  data: Buffer,
  at: number,
  headers: readonly (readonly [string, string])[],
  ended: boolean,
): { readonly pieces: Buffer[]; readonly end: number } | undefined {
  const header = (name: string) => headers.find(([other]) => other === name)?.[1];
  if (header("transfer-encoding")?.toLowerCase() === "chunked") return parseChunks(data, at);
  const length = header("content-length");
  if (length === undefined) return ended ? { pieces: [data.subarray(at)], end: data.length } : undefined;
  const end = at + Number(length);
  return end <= data.length ? { pieces: [data.subarray(at, end)], end } : undefined;
}

function parseChunks(data: Buffer, start: number) {
  const pieces: Buffer[] = [];
  for (let at = start;;) {
    const lineEnd = data.indexOf("\r\n", at, "latin1");
    if (lineEnd < 0) return undefined;
    const size = parseInt(data.subarray(at, lineEnd).toString("latin1"), 16);
    if (Number.isNaN(size)) throw new Error("Not a chunk size");
    at = lineEnd + 2;
    if (data.length < at + size + 2) return undefined;
    if (size === 0) return { pieces, end: at + 2 };
    pieces.push(data.subarray(at, at + size));
    at += size + 2;
  }
}
