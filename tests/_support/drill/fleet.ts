import { exportJWK, generateKeyPair } from "jose";
import type { JsonWebKeySet } from "@glam/shared/auth";
import { type TestIdentity, testIdentity } from "@glam/shared/testing";
import { startNats, startNatsCluster } from "../nats_server.ts";
import { type PostgresServer, startPostgres } from "../postgres.ts";
import { startBalancer } from "./balancer.ts";
import { type Replica, startReplica } from "./replica.ts";

/** A server that can be killed. */
export interface KillableServer {
  kill9(): Promise<void>;
  restart(): Promise<void>;
}

/** Replicas of both services on a real Postgres each, and a NATS. */
export interface DrillFleet extends AsyncDisposable {
  readonly credits: readonly Replica[];
  readonly orders: readonly Replica[];
  readonly postgres: { readonly credits: PostgresServer; readonly orders: PostgresServer };
  /** The servers of NATS: one, or the three of a cluster. */
  readonly nats: readonly KillableServer[];
  readonly natsUrls: readonly string[];
}

/** Options of {@link startDrillFleet}. */
export interface DrillFleetOptions {
  /** Replicas of each service. */
  readonly replicas: number;
  /** Whether NATS is three servers instead of one. */
  readonly cluster: boolean;
  readonly payWithinSeconds: number;
}

const issuer = "https://id.fleet.test/";

/** A merchant, as orders knows it. */
export function customer(merchantId: string): Promise<TestIdentity> {
  return testIdentity({
    issuer,
    audience: "orders",
    merchantId,
    scopes: ["orders:read", "orders:write"],
  });
}

/** An operator of credits. */
export function creditsOperator(): Promise<TestIdentity> {
  return testIdentity({ issuer, audience: "credits", subject: "operator", scopes: ["merchants:all"] });
}

/** Starts the servers, and then the replicas. */
export async function startDrillFleet(
  { replicas: count, cluster, payWithinSeconds }: DrillFleetOptions,
): Promise<DrillFleet> {
  await using parts = new AsyncDisposableStack();
  const [creditsDb, ordersDb, nats] = await Promise.all([
    startPostgres(),
    startPostgres(),
    cluster ? startNatsCluster() : startNats({ accounts: false }),
  ]);
  for (const part of [creditsDb, ordersDb, nats]) parts.use(part);
  const natsUrls = "urls" in nats ? nats.urls : [nats.url];
  const { jwks } = await creditsOperator();
  const shared = { NATS_SERVERS: natsUrls.join(","), ...streamVariables(cluster) };
  const key = await serviceKey("orders");

  const start = async (replicas: Replica[], ...args: Parameters<typeof startReplica>) => {
    const replica = await startReplica(...args);
    parts.defer(() => replica.process[Symbol.asyncDispose]()); // whichever process runs there then
    replicas.push(replica);
  };
  const startAll = async (...args: Parameters<typeof startReplica>) => {
    const replicas: Replica[] = [];
    await start(replicas, ...args); // the first one makes the tables
    await Promise.all(Array.from({ length: count - 1 }, () => start(replicas, ...args)));
    return replicas;
  };
  const credits: Replica[] = [];
  const balancer = parts.use(await startBalancer(credits));
  const [all, orders] = await Promise.all([
    startAll("credits", {
      ...shared,
      DATABASE_URL: creditsDb.url,
      CREDITS_AUTH__ISSUER: issuer,
      CREDITS_AUTH__JWKS: JSON.stringify(jwks),
      CREDITS_AUTH__SERVICES: JSON.stringify(key.jwks),
    }),
    startAll("orders", {
      ...shared,
      DATABASE_URL: ordersDb.url,
      ORDERS_AUTH__ISSUER: issuer,
      ORDERS_AUTH__JWKS: JSON.stringify(jwks),
      ORDERS_CREDITS__URL: balancer.url,
      ORDERS_CREDITS__PRIVATE_KEY: JSON.stringify(key.privateKey),
      ORDERS_PAY_WITHIN_SECONDS: String(payWithinSeconds),
      ORDERS_CANCEL_EVERY_MS: "1000",
    }),
  ]);
  credits.push(...all);
  const owned = parts.move();
  return {
    credits,
    orders,
    postgres: { credits: creditsDb, orders: ordersDb },
    nats: "servers" in nats ? nats.servers : [nats],
    natsUrls,
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

/** A stream for the events of each service; in a cluster each stream is on all servers. */
function streamVariables(cluster: boolean): Record<string, string> {
  const ofService = (service: string) => ({
    [`${service}_NATS__STREAMS__DOMAINS`]: "credit,order",
    ...cluster && {
      [`${service}_NATS__STREAMS__EVENTS__REPLICAS`]: "3",
      [`${service}_NATS__STREAMS__DLQ__REPLICAS`]: "3",
    },
  });
  return { ...ofService("CREDITS"), ...ofService("ORDERS") };
}

/** The key that a service signs its calls with, and what goes into the fleet's set. */
async function serviceKey(service: string): Promise<{ privateKey: object; jwks: JsonWebKeySet }> {
  const named = { kid: service, alg: "ES256" };
  const { privateKey, publicKey } = await generateKeyPair(named.alg, { extractable: true });
  return {
    privateKey: { ...await exportJWK(privateKey), ...named },
    jwks: { keys: [{ ...await exportJWK(publicKey), ...named }] },
  };
}
