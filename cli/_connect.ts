import { readFile } from "node:fs/promises";
import { connectDatabase, type Database, databaseOptionsFromEnv } from "../db/mod.ts";
import { MessageBusError } from "../errors/infrastructure.ts";
import { envPrefix, readEnv } from "../internal/environment.ts";
import { connectNats, type MessageBus } from "../messaging/mod.ts";
import { UsageError } from "./_session.ts";

/** The options that `withBus` declares. */
export interface BusFlags {
  readonly servers?: string;
  readonly user?: string;
  readonly creds?: string;
  readonly tlsCa?: string;
  readonly service?: string;
}

/** The options that `withDatabase` declares. */
export interface DatabaseFlags {
  readonly databaseUrl?: string;
  readonly schema?: string;
  readonly pooler?: boolean;
  readonly service?: string;
}

/** Connects to the NATS servers that the command line or the environment names. */
export async function openBus({ servers, user, creds, tlsCa, service }: BusFlags): Promise<MessageBus> {
  const prefix = envPrefix(service ?? readEnv("SERVICE_NAME") ?? "");
  const own = (name: string) => (prefix === "" ? undefined : readEnv(`${prefix}_${name}`)) ?? readEnv(name);
  const given = servers ?? own("NATS_SERVERS");
  const credsFile = creds ?? (user === undefined ? readEnv("NATS_CREDS") : undefined);
  const bus = connectNats({
    name: "glam",
    ...(given === undefined ? {} : { servers: given.split(",").map((server) => server.trim()) }),
    ...(credsFile === undefined ? userOf(user ?? own("NATS_USER"), own("NATS_PASSWORD")) : {
      creds: await readFile(credsFile, "utf8"),
    }),
    ...(tlsCa === undefined ? {} : { tls: { caFile: tlsCa } }),
  });
  return await bus.catch((error) => {
    if (!(error instanceof MessageBusError) || error.kind !== "unavailable") throw error;
    throw new MessageBusError(`${error.message}; say where NATS is with --servers or NATS_SERVERS`, {
      kind: error.kind,
      cause: error,
    });
  });
}

function userOf(user: string | undefined, pass: string | undefined): { user?: string; pass?: string } {
  return user === undefined ? {} : { user, ...(pass === undefined ? {} : { pass }) };
}

/** Connects to the database that the command line or the environment names. */
export async function openDatabase(flags: DatabaseFlags): Promise<Database> {
  const { databaseUrl = readEnv("DATABASE_URL"), schema, pooler, service } = flags;
  const named = service ?? (databaseUrl === undefined ? readEnv("SERVICE_NAME") : undefined);
  if (databaseUrl === undefined && named === undefined) {
    throw new UsageError(
      "Say which database: --database-url, DATABASE_URL, or --service with its variables <SERVICE>_DB_HOST, ...",
    );
  }
  return await connectDatabase({
    applicationName: "glam",
    poolSize: 2,
    ...(flags.databaseUrl === undefined && named !== undefined
      ? databaseOptionsFromEnv(named)
      : { url: databaseUrl }),
    ...(schema === undefined ? {} : { schema }),
    ...(pooler === undefined ? {} : { pooler }),
  });
}
