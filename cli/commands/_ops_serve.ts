import { userInfo } from "node:os";
import { readEnv } from "../../internal/environment.ts";
import { createLogger } from "../../logging/mod.ts";
import type { Database } from "../../db/mod.ts";
import { createScheduler } from "../../schedule/mod.ts";
import { createOutbox } from "../../messaging/mod.ts";
import { createOpsApp, type OpsRight } from "../../ops/mod.ts";
import { serve } from "../../service/_serve.ts";
import { type BusFlags, openBus, openDatabase } from "../_connect.ts";
import type { Session } from "../_session.ts";
import { createOpsAccess } from "./_ops_access.ts";

interface ServeFlags extends BusFlags {
  readonly port: number;
  readonly allowChanges?: boolean;
  readonly databaseUrl?: string;
  readonly schema?: string;
  readonly table?: string;
}

const LOOK: readonly OpsRight[] = ["read", "payloads"];
const CHANGE: readonly OpsRight[] = ["redrive", "purge", "retry", "pause", "schedules", "level"];
const HOST = "127.0.0.1";

/** Serves the operations page of the fleet until Ctrl-C. */
export async function run({ terminal, signal }: Session, flags: ServeFlags): Promise<void> {
  const { allowChanges = false, databaseUrl = readEnv("DATABASE_URL"), port, schema, table } = flags;
  await using bus = await openBus(flags);
  await using database = databaseUrl === undefined
    ? undefined
    : await openDatabase({ databaseUrl, ...schema !== undefined && { schema } });
  const has = async (name: string) => database !== undefined && await hasTable(database, name);
  const outbox = await has(table ?? "glam_outbox")
    ? createOutbox(database!, { service: "glam", table, schema })
    : undefined;
  const silent = createLogger("glam", { sink() {} });
  const scheduler = await has("glam_schedules")
    ? createScheduler(database!, { jobs: [], logger: silent })
    : undefined;
  const operator = { name: userName(), can: allowChanges ? [...LOOK, ...CHANGE] : LOOK };
  let boundPort = port;
  const access = createOpsAccess(operator, () => boundPort);
  const logger = createLogger("glam-ops");
  const app = access.protect(
    createOpsApp({ authorize: access.authorize, bus, database, logger, outbox, scheduler }),
  );
  const server = await serve({
    hostname: HOST,
    port,
    websocket: false,
    option: "--port",
    fetch: (request, info) => app.fetch(request, info),
    onError: () => new Response("Failed", { status: 500 }),
    onInvalid: () => new Response("Bad Request", { status: 400 }),
  });
  boundPort = server.port;
  await terminal.print(`http://${HOST}:${server.port}/?token=${access.token}`);
  terminal.printError(
    terminal.paint(
      "dim",
      `The URL opens the page once${
        allowChanges ? "" : "; --allow-changes lets it change something"
      }. Ctrl-C stops`,
    ),
  );
  if (!signal.aborted) {
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  }
  await server.close();
  await logger.close();
}

/** A database without an outbox or schedules is no fault: then the page is not given them. */
async function hasTable({ sql }: Database, name: string): Promise<boolean> {
  const [row] = await sql<{ found: boolean }>`select to_regclass(${name}) is not null as found`;
  return row?.found ?? false;
}

/** The name in the audit lines. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return readEnv("USER") ?? "glam ops"; // a user id without a name
  }
}
