import process from "node:process";
import { connectDatabase } from "@glam/shared/db";
import { exportJWK, generateKeyPair } from "jose";
import { createDemoToken } from "../credits/auth.ts";

/** What a deployment tells the two services. */
export interface FleetVariables {
  /** The variables of the process, with those of the services. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where credits finds public keys: those of the issuer, and those of services. */
  readonly auth: { readonly jwks: string; readonly services: string };
  /** The port of the operations page. */
  readonly opsPort: number;
  /** A token of the merchant `demo` for both services. */
  readonly token: string;
}

const issuer = "https://id.fleet.example/";
const scopes = "credits:read credits:write orders:read orders:write";

/** Makes keys, a token and ports, and with `DATABASE_URL` a schema for each service. */
export async function createVariables(): Promise<FleetVariables> {
  const { token, jwks } = await createDemoToken({ issuer, audience: ["credits", "orders"] }, scopes);
  const key = { kid: "orders", alg: "ES256" };
  const { privateKey, publicKey } = await generateKeyPair(key.alg, { extractable: true });
  const services = JSON.stringify({ keys: [{ ...await exportJWK(publicKey), ...key }] });
  const { PORT: port = "8080", ...given } = process.env;
  const portAfter = (count: number) => port === "0" ? 0 : Number(port) + count;
  const env = {
    CREDITS_AUTH__ISSUER: issuer,
    CREDITS_PORT: port,
    ORDERS_AUTH__ISSUER: issuer,
    ORDERS_AUTH__JWKS: jwks,
    ORDERS_CREDITS__PRIVATE_KEY: JSON.stringify({ ...await exportJWK(privateKey), ...key }),
    ORDERS_PORT: String(portAfter(1)),
    ...given,
  };
  return {
    env: { ...env, ...await createSchemas(given) },
    auth: { jwks, services },
    opsPort: portAfter(2),
    token,
  };
}

/** On one Postgres, each service has its tables in a schema of its own. */
async function createSchemas(
  { DATABASE_URL: url, CREDITS_DATABASE__SCHEMA = "credits", ORDERS_DATABASE__SCHEMA = "orders" }: Readonly<
    Record<string, string | undefined>
  >,
): Promise<Record<string, string>> {
  if (url === undefined) return {};
  await using database = await connectDatabase({ url, poolSize: 1 });
  await database.ensureSchema(CREDITS_DATABASE__SCHEMA);
  await database.ensureSchema(ORDERS_DATABASE__SCHEMA);
  return { CREDITS_DATABASE__SCHEMA, ORDERS_DATABASE__SCHEMA };
}
