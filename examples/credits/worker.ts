import process from "node:process";
import { connectDatabase } from "@glam/shared/db";
import { createOutbox } from "@glam/shared/messaging";
import { createApp, type UseStore } from "./app.ts";
import { authentication } from "./auth.ts";
import { CreditStore } from "./store.ts";

/**
 * A connection of workerd belongs to the request that opened it. Migrations are run beforehand, and what goes into the
 * outbox here is published by the servers on the same database.
 */
const useStore: UseStore = async (work) => {
  await using db = await connectDatabase({ url: process.env["DATABASE_URL"], poolSize: 1 });
  await work(new CreditStore(db, createOutbox(db, { service: "credits" })));
};

let app: ReturnType<typeof createApp> | undefined;

/** What workerd sends its requests to. The variables are there with the first one. */
export const worker: object = {
  fetch(request: Request, ...rest: never[]): Response | Promise<Response> {
    app ??= createApp(useStore, { guards: { authenticate: authentication(configOf(process.env)) } });
    return app.fetch(request, ...rest);
  },
};

/** A worker has no files, so its variables say all of it. */
function configOf(env: Readonly<Record<string, string | undefined>>): Parameters<typeof authentication>[0] {
  const {
    CREDITS_AUTH__ISSUER: issuer,
    CREDITS_AUTH__AUDIENCE: audience = "credits",
    CREDITS_AUTH__JWKS: jwks,
  } = env;
  if (issuer === undefined || jwks === undefined) {
    throw new TypeError(
      "Set CREDITS_AUTH__ISSUER and CREDITS_AUTH__JWKS, the issuer of tokens and its public keys",
    );
  }
  return { issuer, audience, jwks };
}
