import process from "node:process";
import { connectDatabase } from "@glam/shared/db";
import { createOutbox } from "@glam/shared/messaging";
import { createApp, type UseStore } from "./app.ts";
import { CreditStore } from "./store.ts";

/**
 * A connection of workerd belongs to the request that opened it. Migrations are run beforehand, and what goes into the
 * outbox here is published by the servers on the same database.
 */
const useStore: UseStore = async (work) => {
  await using db = await connectDatabase({ url: process.env["DATABASE_URL"], poolSize: 1 });
  await work(new CreditStore(db, createOutbox(db, { service: "credits" })));
};

/** What workerd sends its requests to. */
export const worker: object = createApp(useStore);
