import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connectDatabase, type Database, type DatabaseOptions } from "@glam/shared/db";
import { DatabaseError } from "@glam/shared/errors";
import { authority, serverCertificate, serverKey } from "../../_support/certificates.ts";
import { PATIENT, type PostgresServer, sharedPostgres, startPostgres } from "../../_support/postgres.ts";
import { startTcpProxy } from "../../_support/tcp_proxy.ts";
import { allConnectionsWork, waitForAllConnections, waitForBackends } from "../_connections.ts";

describe("TLS", () => {
  let server: PostgresServer;

  before(async () => {
    server = await startPostgres({
      settings: { ssl: "on", ssl_cert_file: "server.crt", ssl_key_file: "server.key" },
      files: { "server.crt": serverCertificate, "server.key": serverKey },
    });
  });

  after(() => server.stop());

  function connect(options: DatabaseOptions): Promise<Database> {
    const { port, user, password, database } = server;
    return connectDatabase({
      ...PATIENT,
      host: "localhost",
      port,
      user,
      password,
      name: database,
      ...options,
    });
  }

  async function isEncrypted(db: Database): Promise<boolean> {
    const [row] = await db.sql<{ ssl: boolean }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`;
    return row!.ssl;
  }

  it("is off unless asked for", async () => {
    await using db = await connect({});
    assert.equal(await isEncrypted(db), false);
  });

  for (const ssl of ["prefer", "require", { ca: authority }] as const) {
    it(`encrypts with ${typeof ssl === "string" ? `"${ssl}"` : "an authority of one's own"}`, async () => {
      await using db = await connect({ ssl });
      assert.equal(await isEncrypted(db), true);
      await db.transaction((tx) => tx`select ${"x".repeat(100_000)}::text`);
    });
  }

  it("is asked for by the URL as well", async () => {
    await using db = await connectDatabase({ ...PATIENT, url: `${server.url}?sslmode=require` });
    assert.equal(await isEncrypted(db), true);
  });

  it("with verification refuses an authority that nobody trusts, and a name that is not the host's", async () => {
    await assert.rejects(connect({ ssl: "verify-full" }), DatabaseError);
    await assert.rejects(connect({ ssl: { ca: authority }, host: "127.0.0.1" }), DatabaseError);
    await using db = await connect({ ssl: { ca: authority, servername: "localhost" }, host: "127.0.0.1" });
    assert.equal(await isEncrypted(db), true);
  });

  it('where the server cannot, "prefer" goes without and "require" fails', async () => {
    const url = await sharedPostgres();
    await using db = await connectDatabase({ ...PATIENT, url, ssl: "prefer" });
    assert.equal(await isEncrypted(db), false);
    await assert.rejects(
      connectDatabase({ ...PATIENT, url, ssl: "require" }),
      /The server does not support TLS/,
    );
  });

  it("fails every time with what went wrong, and not only most times", async () => {
    const url = await sharedPostgres();
    for (let i = 0; i < 20; i++) {
      await assert.rejects(
        connectDatabase({ ...PATIENT, url, ssl: "require" }),
        /The server does not support TLS/,
      );
    }
  });

  it("cancels statements, keeps deadlines and recovers from cuts as without", async () => {
    await using proxy = await startTcpProxy(server);
    const options = { port: proxy.port, ssl: { ca: authority }, poolSize: 2, maxOverflow: 0 };
    await using watcher = await connect({});
    await using db = await connect({ ...options, applicationName: "patient" });
    const controller = new AbortController();
    const aborted = assert.rejects(
      db.transaction((tx) => tx`select pg_sleep(3600)`, { signal: controller.signal }),
      { name: "AbortError" },
    );
    await waitForBackends(watcher, { applicationName: "patient" });
    controller.abort();
    await aborted;
    await allConnectionsWork(db, 2);
    proxy.cut();
    await Promise.all([1, 2].map(() => db.ping().catch(() => db.ping())));
    await allConnectionsWork(db, 2);

    await using hasty = await connect({
      ...options,
      queryTimeoutMs: 300,
      connectTimeoutMs: 1000,
      closeTimeoutMs: 100,
      lazy: true,
    });
    await waitForAllConnections(hasty, 2);
    proxy.vanish();
    await Promise.all([1, 2, 3].map(() => assert.rejects(hasty.ping(), DatabaseError)));
    await proxy.heal();
    await waitForAllConnections(hasty, 2);
  });
});
