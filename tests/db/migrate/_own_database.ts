import { connectDatabase } from "@glam/shared/db";
import { PATIENT, sharedPostgres } from "../../_support/postgres.ts";

/** A database of its own on the shared server, for what does not fit into a schema. */
export interface OwnDatabase extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
}

/** Makes one; it is dropped, whoever is connected to it, when it is disposed of. */
export async function createOwnDatabase(): Promise<OwnDatabase> {
  const url = await sharedPostgres();
  const name = `own_${crypto.randomUUID().slice(0, 8)}`;
  await using server = await connectDatabase({ ...PATIENT, url });
  await server.sql`create database ${server.sql(name)}`;
  return {
    name,
    url: new URL(`/${name}`, url).href,
    async [Symbol.asyncDispose]() {
      await using server = await connectDatabase({ ...PATIENT, url });
      await server.sql`drop database ${server.sql(name)} with (force)`;
    },
  };
}
