import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { connectDatabase, type DatabaseOptions, databaseOptionsFromEnv } from "@glam/shared/db";
import { ConfigError, DatabaseError } from "@glam/shared/errors";
import { createTestDatabase, PATIENT, sharedPostgres, startPostgres } from "../../_support/postgres.ts";
import { waitFor } from "../../_support/wait_for.ts";

describe("the options of connectDatabase", () => {
  const url = "postgres://app:s3cret-pw@localhost/catalog";
  const wrong: readonly (readonly [options: unknown, message: string])[] = [
    [7, "Expected the database to be a URL or options, got number"],
    [
      { url: "mysql://x" },
      'Expected `url` to be like "postgres://user:password@host:port/name", got another text',
    ],
    [{ url: "postgres://a b" }, "percent-encoded"],
    [{ url: "postgres://u:12/s3cret-pw@localhost/catalog" }, "percent-encoded"],
    [{ url: "postgres://u:12?s3cret-pw@localhost/catalog" }, "percent-encoded"],
    [{ url: `${url}?sslmode=sometimes` }, "Expected `sslmode` of the URL to be of"],
    [{ url: `${url}?pgbouncer=true` }, 'got "pgbouncer": use the option `pooler`'],
    [{ url: `${url}?foo=s3cret-pw` }, "Expected the parameters of `url` to be of application_name"],
    [{ url: `${url}?sslmode=verify-ca` }, "verify-full also checks the name of the host"],
    [
      { url: `${url}?sslrootcert=/ca.pem` },
      'Cannot use "sslrootcert=/ca.pem" of `url`: use the option `ssl: { ca }`',
    ],
    [{ url: `${url}?channel_binding=require` }, 'Cannot use "channel_binding=require" of `url`: the driver'],
    [{ url: `${url}?options=-c%20a.b%3D1`, pooler: true }, "Expected `options` of the URL to be left out"],
    [{ url: `${url}?port=x` }, "Expected `port of the URL`"],
    [{ url, poolSize: 0 }, "Expected `poolSize` to be a whole number from 1 to 10000, got 0"],
    [{ url, poolSize: 1.5 }, "Expected `poolSize` to be a whole number from 1 to 10000, got 1.5"],
    [{ url, maxOverflow: -1 }, "Expected `maxOverflow` to be a whole number from 0 to 10000, got -1"],
    [{ url, connectTimeoutMs: 0 }, "Expected `connectTimeoutMs` to be a number from 1 to 2147483647, got 0"],
    [{ url, queryTimeoutMs: -1 }, "Expected `queryTimeoutMs` to be a number from 0 to 2147483647, got -1"],
    [{ url, lockTimeoutMs: NaN }, "Expected `lockTimeoutMs` to be a number from 0 to 2147483647, got NaN"],
    [
      { url, idleInTransactionTimeoutMs: "1" },
      'Expected `idleInTransactionTimeoutMs` to be a number from 0 to 2147483647, got "1"',
    ],
    [
      { url, closeTimeoutMs: Infinity },
      "Expected `closeTimeoutMs` to be a number from 0 to 2147483647, got Infinity",
    ],
    [{ url, recycleSeconds: 0 }, "Expected `recycleSeconds` to be a number from 1 to 2147483.647, got 0"],
    [{ url, slowQueryMs: -1 }, "Expected `slowQueryMs` to be a number from 0 to 2147483647, got -1"],
    [{ url, pooler: "yes" }, 'Expected `pooler` to be true or false, got "yes"'],
    [{ url, lazy: 1 }, "Expected `lazy` to be true or false, got 1"],
    [{ url, echo: 1 }, "Expected `echo` to be true or false, got 1"],
    [
      { url, ssl: true },
      'Expected `ssl` to be false, "prefer", "require", "verify-full" or options, got true',
    ],
    [{ url, ssl: { ca: "" } }, "Expected `ssl.ca` to be a non-empty string, got an empty one"],
    [
      { url, targetSessionAttrs: "master" },
      "Expected `targetSessionAttrs` to be of any, read-write, read-only, primary, standby, prefer-standby, got",
    ],
    [{ url: `${url}?target_session_attrs=master` }, "Expected `targetSessionAttrs` to be of any"],
    [{ url: "postgres://a@h1,h2:x/n" }, "percent-encoded"],
    [{ host: "h1,,h2" }, "Expected `host` to be a non-empty string, got an empty one"],
    [{ url, schema: "" }, "Expected the schema to be a name of 1 to 63 bytes"],
    [{ url, applicationName: "" }, "Expected `applicationName` to be a non-empty string, got an empty one"],
    [{ host: "h", port: 70_000 }, "Expected `port` to be a whole number from 1 to 65535, got 70000"],
    [{ host: "h", portExternal: 0 }, "Expected `portExternal` to be a whole number from 1 to 65535, got 0"],
    [{ host: "" }, "Expected `host` to be a non-empty string, got an empty one"],
    [{ password: 7 }, "Expected `password` to be a string, got number"],
  ];
  for (const [options, message] of wrong) {
    it(`are refused before anything happens: ${message}`, async () => {
      await assert.rejects(connectDatabase(options as DatabaseOptions), (error) => {
        assert.ok(error instanceof TypeError || error instanceof RangeError);
        assert.ok(error.message.includes(message), error.message);
        assert.doesNotMatch(error.message, /s3cret-pw/);
        return true;
      });
    });
  }

  it("with `enabled: false` connect to nothing, and say so", async () => {
    await assert.rejects(
      connectDatabase({ url, enabled: false }),
      (error) => error instanceof ConfigError && /not enabled/.test(error.message),
    );
  });

  it("take the fields of the Python package: portExternal is for this machine, and 5 + 10 connections", async () => {
    const { hostname, port, username, password, pathname } = new URL(await sharedPostgres());
    await using db = await connectDatabase({
      ...PATIENT,
      host: hostname,
      port: 1,
      portExternal: Number(port),
      name: pathname.slice(1),
      user: username,
      password: decodeURIComponent(password),
      applicationName: "fields",
    });
    // Each of the first fifteen opens its own.
    await Promise.all(Array.from({ length: 40 }, () => db.sql`select pg_sleep(0.01)`));
    const [row] = await db.sql<{ count: number }>`
      select count(*)::int as count from pg_stat_activity where application_name = 'fields'`;
    assert.equal(row?.count, 15);
  });

  it("take the URLs of SQLAlchemy, and percent-encoded parts", async () => {
    const url = (await sharedPostgres()).replace("postgres://", "postgresql+asyncpg://");
    await using db = await connectDatabase(
      `${url}?sslmode=disable&application_name=from%20url&connect_timeout=120`,
    );
    const [row] = await db.sql<{ name: string }>`select current_setting('application_name') as name`;
    assert.equal(row?.name, "from url");
  });

  it("take the parameters of libpq that say something, and leave those that need nothing", async () => {
    const url = new URL(await sharedPostgres());
    const parameters = {
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      host: url.hostname,
      port: url.port,
      dbname: url.pathname.slice(1),
      fallback_application_name: "a script",
      options: "-c work_mem=5MB -c TimeZone=Asia/Tokyo --extra_float_digits=2",
      target_session_attrs: "read-write",
      sslmode: "disable",
      channel_binding: "prefer",
      client_encoding: "UTF8",
      gssencmode: "prefer",
      keepalives: "1",
      keepalives_idle: "30",
      tcp_user_timeout: "5000",
      sslsni: "1",
      sslrootcert: "system",
    };
    const query = new URLSearchParams(parameters).toString().replaceAll("+", "%20");
    await using db = await connectDatabase({ ...PATIENT, url: `postgres://nobody@nowhere:1/none?${query}` });
    const [row] = await db.sql`
      select current_setting('application_name') as name, current_setting('work_mem') as memory,
        current_setting('TimeZone') as zone, current_setting('extra_float_digits') as digits`;
    assert.deepEqual({ ...row }, { name: "a script", memory: "5MB", zone: "UTC", digits: "2" });
  });

  it("reach a server by its Unix socket", async () => {
    await using server = await startPostgres();
    await using db = await connectDatabase({
      ...PATIENT,
      host: server.socketFolder,
      port: server.port,
      user: "postgres",
    });
    const path = encodeURIComponent(server.socketFolder);
    await using byUrl = await connectDatabase({
      ...PATIENT,
      url: `postgres://postgres@:${server.port}/postgres?host=${path}`,
    });
    for (const each of [db, byUrl]) {
      const [row] = await each.sql<{ local: boolean }>`select inet_client_addr() is null as local`;
      assert.equal(row?.local, true);
    }
  });

  it("set deadlines, schema and name on each connection", async () => {
    await using db = await createTestDatabase({
      queryTimeoutMs: 121_000,
      lockTimeoutMs: 122_000,
      idleInTransactionTimeoutMs: 123_000,
      applicationName: "named",
      schema: 'odd "schema.name',
    });
    const [row] = await db.sql`
      select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
        current_setting('idle_in_transaction_session_timeout') as idle, current_schema() as schema,
        current_setting('application_name') as name`;
    assert.deepEqual({ ...row }, {
      statement: "121s",
      lock: "122s",
      idle: "123s",
      schema: 'odd "schema.name',
      name: "named",
    });
    await Promise.all([db.ensureSchema(db.schema), db.ensureSchema(db.schema)]);
    await assert.rejects(db.ensureSchema(""), RangeError);
  });

  it("run onClose once, when the pool is closed or could not be opened", async () => {
    const calls: string[] = [];
    const db = await connectDatabase({
      ...PATIENT,
      url: await sharedPostgres(),
      async onClose() {
        await assert.rejects(db.ping());
        calls.push("closed");
      },
    });
    await Promise.all([db.close(), db.close()]);
    assert.deepEqual(calls, ["closed"]);
    await assert.rejects(
      connectDatabase({ url: "postgres://app@127.0.0.1:1/app", onClose: () => void calls.push("refused") }),
      { code: "DATABASE_ERROR" },
    );
    assert.deepEqual(calls, ["closed", "refused"]);
  });

  it("replace a connection that is older than recycleSeconds", async () => {
    await using db = await createTestDatabase({ poolSize: 1, recycleSeconds: 1 });
    const pid = async () => (await db.sql<{ pid: number }>`select pg_backend_pid() as pid`)[0]!.pid;
    const first = await pid();
    await waitFor(async () => await pid() !== first, "another connection took its place");
  });
});

describe("databaseOptionsFromEnv", () => {
  it("reads the variables of the Python package under the service's prefix", () => {
    const env = {
      CATALOG_CONNECTOR_DB_HOST: "db",
      CATALOG_CONNECTOR_DB_PORT: "5433",
      CATALOG_CONNECTOR_DB_PORT_EXTERNAL: "6432",
      CATALOG_CONNECTOR_DB_NAME: "catalog",
      CATALOG_CONNECTOR_DB_USER: "app",
      CATALOG_CONNECTOR_DB_PASSWORD: "pw",
      CATALOG_CONNECTOR_DB_ENABLED: "False",
      CATALOG_CONNECTOR_DB_POOL_SIZE: "7",
      CATALOG_CONNECTOR_DB_MAX_OVERFLOW: "0",
      CATALOG_CONNECTOR_DB_POOL_RECYCLE: "60",
      CATALOG_CONNECTOR_DB_ECHO: "yes",
      OTHER_DB_HOST: "no",
    };
    assert.deepEqual(databaseOptionsFromEnv("catalog-connector", env), {
      service: "catalog-connector",
      host: "db",
      port: 5433,
      portExternal: 6432,
      name: "catalog",
      user: "app",
      password: "pw",
      enabled: false,
      poolSize: 7,
      maxOverflow: 0,
      recycleSeconds: 60,
      echo: true,
    });
    assert.deepEqual(databaseOptionsFromEnv("x", { X_DB_URL: "postgres://x", X_DB_HOST: "" }), {
      service: "x",
      url: "postgres://x",
    });
  });

  it("says which variable is wrong", () => {
    assert.throws(
      () => databaseOptionsFromEnv("x", { X_DB_PORT: "54x2" }),
      new TypeError('Expected `X_DB_PORT` to be a whole number, got "54x2"'),
    );
    assert.throws(
      () => databaseOptionsFromEnv("x", { X_DB_ECHO: "maybe" }),
      new TypeError('Expected `X_DB_ECHO` to be true or false, got "maybe"'),
    );
  });
});

describe("credentials and data", () => {
  const shown = (value: unknown) =>
    [
      inspect(value, { depth: 20, showHidden: true }),
      JSON.stringify(value) ?? "",
      String(value),
      value instanceof Error
        ? `${value.stack}${inspect(value.cause, { depth: 20 })}${JSON.stringify(value.cause)}`
        : "",
    ].join("\n");

  it("a password shows in no inspection of a database, its tag or its errors", async () => {
    await using db = await connectDatabase({ ...PATIENT, url: await sharedPostgres() });
    assert.doesNotMatch(shown(db) + shown(db.sql), /t3st-s3cret/);
    const other = new URL(await sharedPostgres());
    other.password = "wr0ng-pw";
    await assert.rejects(connectDatabase(other.href), (error) => {
      assert.ok(error instanceof DatabaseError);
      assert.doesNotMatch(shown(error), /wr0ng-pw/);
      return true;
    });
  });
});
