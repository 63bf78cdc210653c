/** A fleet for the tests of the operations page. */
import {
  createMemoryBus,
  ensureStreams,
  type HeaderEntries,
  type MemoryBus,
  type MessageBus,
} from "@glam/shared/messaging";
import { createOpsApp, type Operator, type OpsOptions } from "@glam/shared/ops";
import { glamMiddleware } from "@glam/shared/api";
import { Hono } from "hono";
import { PATIENCE_MS } from "../_support/wait_for.ts";
import { type LogEntry, recordingLogger } from "../_support/recording_logger.ts";

/** Somebody who may do everything. */
export const ADA: Operator = {
  name: "ada",
  can: ["read", "payloads", "redrive", "purge", "retry", "pause", "schedules", "level"],
};

/** An application with the page at `/ops`. */
export interface OpsUnderTest {
  readonly app: Hono;
  readonly entries: readonly LogEntry[];
  /** The audit lines, without what is the same in all. */
  audits(): readonly object[];
  get(
    path: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ status: number; text: string; response: Response }>;
  post(
    path: string,
    fields: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ status: number; text: string; response: Response }>;
}

/** Mounts the page as services do. */
export function mountOps(
  options: Partial<OpsOptions> & { readonly bus: MessageBus },
  operator: Operator | false = ADA,
): OpsUnderTest {
  const { logger, entries } = recordingLogger();
  const app = new Hono();
  app.use(glamMiddleware({ service: "catalog", accessLog: false }));
  app.route("/ops", createOpsApp({ authorize: () => operator, logger, ...options }));
  const read = async (response: Response) => ({
    status: response.status,
    text: await response.text(),
    response,
  });
  return {
    app,
    entries,
    audits: () => entries.filter(({ message }) => message === "Operator action").map(({ fields }) => fields),
    get: async (path, headers = {}) => await read(await app.request(path, { headers })),
    post: async (path, fields, headers = { "Sec-Fetch-Site": "same-origin" }) =>
      await read(
        await app.request(path, {
          method: "POST",
          body: new URLSearchParams(fields).toString(),
          headers: { "Content-Type": "application/x-www-form-urlencoded", ...headers },
        }),
      ),
  };
}

/** A bus in memory with the fleet's streams. */
export async function fleetBus(): Promise<MemoryBus> {
  const bus = createMemoryBus();
  await ensureStreams(bus);
  return bus;
}

/** Writes a dead letter as a listener does. */
export async function bury(
  bus: MessageBus,
  {
    subject = "evt.order.placed.v1",
    data = "{}",
    code = "INTERNAL_ERROR",
    consumer = "orders",
    headers = [],
  }: {
    readonly subject?: string;
    readonly data?: string | Uint8Array;
    readonly code?: string;
    readonly consumer?: string;
    readonly headers?: HeaderEntries;
  } = {},
): Promise<number> {
  const { seq } = await bus.publish({
    subject: `dlq.${subject}`,
    data,
    headers: [
      ...headers,
      ["Glam-Dlq-Consumer", consumer],
      ["Glam-Dlq-Error-Code", code],
      ["Glam-Dlq-Error-Name", "Error"],
      ["Glam-Dlq-Error-Message", "the secret reason"],
      ["Glam-Dlq-Attempts", "5"],
    ],
  }, { timeoutMs: PATIENCE_MS });
  return seq;
}

/**
 * Reads a page that is still being written until it has `pattern`; the reader goes on from there.
 *
 * @throws {Error} with what came, where the page ends without it
 */
export async function readUntil(
  reader: ReadableStreamDefaultReader<string>,
  pattern: RegExp,
): Promise<string> {
  let text = "";
  while (!pattern.test(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The page ended without ${pattern}: ${text}`);
    text += value;
  }
  return text;
}
