import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connectDatabase, type Database, type DatabaseOptions } from "@glam/shared/db";
import { DatabaseError } from "@glam/shared/errors";
import { authority, serverCertificate, serverKey } from "../_support/certificates.ts";
import { type PostgresServer, sharedPostgres, startPostgres } from "../_support/postgres.ts";
import { startTcpProxy } from "../_support/tcp_proxy.ts";

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
    return connectDatabase({ host: "localhost", port, user, password, name: database, ...options });
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
    await using db = await connectDatabase(`${server.url}?sslmode=require`);
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
    await using db = await connectDatabase({ url, ssl: "prefer" });
    assert.equal(await isEncrypted(db), false);
    await assert.rejects(connectDatabase({ url, ssl: "require" }), /The server does not support TLS/);
  });

  it("fails every time with what went wrong, and not only most times", async () => {
    const url = await sharedPostgres();
    for (let i = 0; i < 20; i++) {
      await assert.rejects(connectDatabase({ url, ssl: "require" }), /The server does not support TLS/);
    }
  });

  it(
    "cancels statements, keeps deadlines and recovers from cuts as without",
    { timeout: 30_000 },
    async () => {
      await using proxy = await startTcpProxy(server);
      await using db = await connect({
        port: proxy.port,
        ssl: { ca: authority },
        poolSize: 2,
        maxOverflow: 0,
        queryTimeoutMs: 300,
        connectTimeoutMs: 1000,
        closeTimeoutMs: 100,
      });
      const signal = AbortSignal.timeout(50);
      await assert.rejects(db.transaction((tx) => tx`select pg_sleep(5)`, { signal }), {
        name: "TimeoutError",
      });
      proxy.cut();
      await Promise.all([1, 2].map(() => db.ping().catch(() => db.ping())));
      proxy.vanish();
      await Promise.all([1, 2, 3].map(() => assert.rejects(db.ping(), DatabaseError)));
      await proxy.heal();
      await Promise.all([1, 2].map(() => db.sql`select pg_sleep(0.01)`));
    },
  );
});
