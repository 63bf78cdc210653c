import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type DatabaseConfig,
  databaseConfig,
  loggingConfig,
  natsConfig,
  serviceConfig,
} from "@glam/shared/config";
import { connectDatabase, type DatabaseOptions, databaseOptionsFromEnv } from "@glam/shared/db";
import { createLogger, type LoggerOptions } from "@glam/shared/logging";
import * as z from "zod";
import { sharedPostgres } from "../_support/postgres.ts";
import { load, problems } from "./_support.ts";

describe("databaseConfig", () => {
  const schema = z.object({ database: databaseConfig });

  test("connects a database, from the variables of the Python package", async () => {
    const url = await sharedPostgres();
    const { hostname, port, pathname, username, password } = new URL(url);
    const env = {
      CATALOG_DB_HOST: decodeURIComponent(hostname),
      CATALOG_DB_PORT: port,
      CATALOG_DB_NAME: pathname.slice(1),
      CATALOG_DB_USER: decodeURIComponent(username),
      CATALOG_DB_PASSWORD: decodeURIComponent(password),
      CATALOG_DB_POOL_SIZE: "2",
      CATALOG_DB_MAX_OVERFLOW: "0",
      CATALOG_DB_ASYNC_DRIVER: "asyncpg",
      CATALOG_DB_POOL_PRE_PING: "True",
    };
    const { database } = await load({}, { schema, env });
    await using db = await connectDatabase(database);
    assert.deepEqual([...await db.sql`select 1 as one`], [{ one: 1 }]);
  });

  test("connects a database by a URL that is a secret", async () => {
    const url = await sharedPostgres();
    const { database } = await load({}, { schema, env: { CATALOG_DB_URL: url } });
    await using db = await connectDatabase({ ...database, poolSize: 1 });
    assert.equal((await db.health()).status, "healthy");
  });

  test("takes DATABASE_URL in place of what the files say, but for the password", async () => {
    const files = {
      "config/shared.yml": "database: { host: db.internal, port: 6432, port_external: 1, pool_size: 5 }",
      "catalog.yml": "database: { name: catalog, user: app, password: s3cret }",
    };
    const env = { DATABASE_URL: "postgres://me@localhost:5433/mine" };
    const { database } = await load(files, { schema, env });
    assert.deepEqual({ ...database, url: database.url?.reveal(), password: database.password?.reveal() }, {
      url: env.DATABASE_URL,
      password: "s3cret",
      poolSize: 5,
    });
    assert.equal((await load({}, { schema, env })).database.url?.reveal(), env.DATABASE_URL);
  });

  test("prefers what has the service's name to DATABASE_URL, and keeps what stands beside a URL", async () => {
    const shared = { DATABASE_URL: "postgres://other/other" };
    const parts = { CATALOG_DB_HOST: "db", CATALOG_DATABASE__NAME: "catalog", CATALOG_DB_USER: "app" };
    const { database } = await load({}, { schema, env: { ...shared, ...parts } });
    assert.deepEqual(database, { host: "db", name: "catalog", user: "app" });
    const url = { CATALOG_DB_URL: "postgres://db/catalog", CATALOG_DB_USER: "app" };
    const beside = (await load({}, { schema, env: { ...shared, ...url } })).database;
    assert.deepEqual({ ...beside, url: beside.url?.reveal() }, { url: url.CATALOG_DB_URL, user: "app" });
  });

  test("is absent where it is optional and nobody names a database", async () => {
    const optional = z.object({ database: databaseConfig.optional(), nats: natsConfig.optional() });
    assert.deepEqual(await load({}, { schema: optional, env: {} }), {});
    const env = { DATABASE_URL: "postgres://db/catalog", NATS_SERVERS: "nats://one:4222,nats://two:4222" };
    const { database, nats } = await load({}, { schema: optional, env });
    assert.equal(database?.url?.reveal(), env.DATABASE_URL);
    assert.deepEqual(nats?.servers, ["nats://one:4222", "nats://two:4222"]);
  });

  test("fits the options of connectDatabase", () => {
    const fits: (config: DatabaseConfig) => DatabaseOptions = (config) => config;
    assert.equal(typeof fits, "function");
  });

  test("reads the same as databaseOptionsFromEnv", async () => {
    const env = {
      CATALOG_DB_HOST: "localhost",
      CATALOG_DB_PORT: "5433",
      CATALOG_DB_PORT_EXTERNAL: "6432",
      CATALOG_DB_NAME: "catalog",
      CATALOG_DB_USER: "app",
      CATALOG_DB_PASSWORD: "s3cret",
      CATALOG_DB_ENABLED: "true",
      CATALOG_DB_POOL_SIZE: "7",
      CATALOG_DB_MAX_OVERFLOW: "3",
      CATALOG_DB_POOL_RECYCLE: "60",
      CATALOG_DB_ECHO: "yes",
    };
    const { database } = await load({}, { schema, env });
    const { service: _, ...expected } = databaseOptionsFromEnv("catalog", env);
    assert.deepEqual({ ...database, password: database.password?.reveal() }, expected);
  });

  test("takes the files of the Python services, and every option in snake_case", async () => {
    const files = {
      "config/shared.yml": "database: { port: 5432, pool_size: 5, pool_pre_ping: true, pool_recycle: 3600 }",
      "catalog.yml": `
database:
  host: localhost
  port_external: 6432
  name: catalog
  user: app
  password: s3cret
  ssl: { ca: PEM, key: KEY }
  connect_timeout_ms: 1000
  idle_in_transaction_timeout_ms: 5000
  application_name: catalog-api
  time_zone: server
  target_session_attrs: read-write
  pooler: true
`,
    };
    const { database } = await load(files, { schema });
    const { password, ssl, ...rest } = database;
    assert.equal(password?.reveal(), "s3cret");
    assert.ok(typeof ssl === "object");
    assert.deepEqual([ssl.ca, ssl.key?.reveal()], ["PEM", "KEY"]);
    assert.deepEqual(rest, {
      port: 5432,
      poolSize: 5,
      recycleSeconds: 3600,
      host: "localhost",
      portExternal: 6432,
      name: "catalog",
      user: "app",
      connectTimeoutMs: 1000,
      idleInTransactionTimeoutMs: 5000,
      applicationName: "catalog-api",
      timeZone: "server",
      targetSessionAttrs: "read-write",
      pooler: true,
    });
  });

  test("wants host, name and user, or a url, unless it is not enabled, and tells it with all else", async () => {
    assert.deepEqual(
      await problems({}, { schema, env: { CATALOG_DB_PORT: "none", CATALOG_DB_POOL_SIZE: "0" } }),
      [
        "database.port | CATALOG_DB_PORT | expected number, received string",
        "database.pool_size | CATALOG_DB_POOL_SIZE | Too small: expected number to be >=1",
        ...["host", "name", "user"].map((key) =>
          `database.${key} |  | nothing sets it, expected string, or the database's url; ` +
          `set database.${key} in config/services/catalog.yml or CATALOG_DATABASE__${key.toUpperCase()}`
        ),
      ],
    );
    const { database } = await load({}, { schema, env: { CATALOG_DB_ENABLED: "false" } });
    assert.deepEqual(database, { enabled: false });
    await assert.rejects(connectDatabase(database), { name: "ConfigError" });
  });

  test("may stand anywhere, may be missing, and has its variables there, after those of its path", async () => {
    const schema = z.object({
      stores: z.object({ main: databaseConfig.optional(), replica: databaseConfig.optional() }).default({}),
    });
    assert.deepEqual(await load({}, { schema }), { stores: {} });
    const env = {
      CATALOG_DB_HOST: "old",
      CATALOG_DB_NAME: "n",
      CATALOG_DB_USER: "u",
      CATALOG_STORES__MAIN__HOST: "new",
    };
    assert.deepEqual(await load({}, { schema, env }), {
      stores: { main: { host: "new", name: "n", user: "u" } },
    });
  });
});

describe("natsConfig", () => {
  const schema = z.object({ nats: natsConfig });

  test("has the variables of the Python package, with the prefix before those without", async () => {
    const env = {
      CATALOG_NATS_SERVERS: "nats://a:4222, b",
      NATS_USER: "everybody",
      NATS_PASSWORD: "p",
      CATALOG_NATS_USER: "own",
    };
    const { nats } = await load({}, { schema, env });
    assert.deepEqual(nats.servers, ["nats://a:4222", "b"]);
    assert.deepEqual([nats.user, nats.pass?.reveal()], ["own", "p"]);
  });

  test("takes credentials out of the URLs of servers", async () => {
    const servers = 'nats: { servers: ["nats://app:p%40ss@a:4222", "nats://app:p%40ss@b:4222"] }';
    const { nats } = await load({ "catalog.yml": servers }, { schema });
    assert.deepEqual(nats.servers, ["nats://a:4222", "nats://b:4222"]);
    assert.deepEqual([nats.user, nats.pass?.reveal()], ["app", "p@ss"]);
    const token = await load({}, { schema, env: { CATALOG_NATS_SERVERS: "wss://t0ken@a" } });
    assert.deepEqual([token.nats.servers, token.nats.token?.reveal()], [["wss://a"], "t0ken"]);
    const own = await load({}, { schema, env: { CATALOG_NATS_SERVERS: "x:y@a", CATALOG_NATS_USER: "u" } });
    assert.deepEqual([own.nats.servers, own.nats.user, own.nats.pass], [["a"], "u", undefined]);
  });

  test("takes credentials that are not percent-encoded", async () => {
    const config = (servers: string) => load({}, { schema, env: { CATALOG_NATS_SERVERS: servers } });
    for (const password of ["a@b", "a/b", "a?b#c", "100%", "1234/x"]) {
      const { nats } = await config(`nats://app:${password}@a:4222`);
      assert.deepEqual([nats.servers, nats.user, nats.pass?.reveal()], [["nats://a:4222"], "app", password]);
    }
  });

  test("refuses a server that is none, and a transport that nobody knows", async () => {
    const env = { CATALOG_NATS_SERVERS: "http://a", CATALOG_NATS__TRANSPORT: "udp" };
    assert.deepEqual(await problems({}, { schema, env }), [
      "nats.servers.0 | CATALOG_NATS_SERVERS | expected a server such as nats://localhost:4222",
      'nats.transport | CATALOG_NATS__TRANSPORT | expected one of "tcp"|"ws"',
    ]);
  });
});

describe("serviceConfig", () => {
  const schema = z.object({ service: serviceConfig });

  test("is complete by itself", async () => {
    assert.deepEqual(await load({}, { schema }), {
      service: { name: "catalog", host: "0.0.0.0", port: 8080 },
    });
  });

  test("has the port of the platform, and that of the service before it", async () => {
    assert.equal((await load({}, { schema, env: { PORT: "9000" } })).service.port, 9000);
    assert.equal(
      (await load({}, { schema, env: { PORT: "9000", CATALOG_PORT: "9001" } })).service.port,
      9001,
    );
    assert.equal(
      (await load({ "catalog.yml": "service: { name: other }" }, { schema })).service.name,
      "other",
    );
    assert.equal((await load({}, { schema, env: { SERVICE_NAME: "named" } })).service.name, "named");
  });
});

describe("loggingConfig", () => {
  const schema = z.object({ logging: loggingConfig.default({}) });

  test("gives options of createLogger", async () => {
    const files = {
      "catalog.yml": "logging:\n  format: json\n  file: { path: x.log, max_bytes: 2048, keep: 2 }\n",
    };
    const { logging } = await load(files, {
      schema,
      env: { LOG_LEVEL: "ERROR", CATALOG_LOG_LEVEL: "Warning" },
    });
    const options: LoggerOptions = logging;
    assert.deepEqual(options, {
      level: "warning",
      format: "json",
      file: { path: "x.log", maxBytes: 2048, keep: 2 },
    });
    const log = createLogger("catalog", { ...options, file: false, sink: () => {} });
    assert.deepEqual([log.isEnabled("info"), log.isEnabled("warn")], [false, true]);
  });

  test("takes a path or false for a file", async () => {
    assert.deepEqual((await load({}, { schema, env: { LOG_FILE: "a.log" } })).logging, {
      file: { path: "a.log" },
    });
    assert.deepEqual((await load({ "catalog.yml": "logging: { file: false }" }, { schema })).logging, {
      file: false,
    });
    assert.deepEqual(await problems({}, { schema, env: { LOG_LEVEL: "loud" } }), [
      'logging.level | LOG_LEVEL | expected one of "debug"|"info"|"warn"|"warning"|"error"|"critical"',
    ]);
  });
});
