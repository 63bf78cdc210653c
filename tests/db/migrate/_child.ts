// A program of its own for migrate_processes_test.ts: migrates, and says as JSON what it applied.
import { connectDatabase, Migrator } from "@glam/shared/db";
import process from "node:process";
import { PATIENT } from "../../_support/postgres.ts";

const { url, schema, migrations } = JSON.parse(process.argv[2]!);
const db = await connectDatabase({ ...PATIENT, url, schema, poolSize: 2 });
const runs = await new Migrator(db, { migrations }).up();
await db.close();
console.log(JSON.stringify(runs.map(({ name }) => name)));
