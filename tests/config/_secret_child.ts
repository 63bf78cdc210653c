// Prints a secret, and a configuration with one, in all the ways that a console has.
import { databaseConfig, loadConfig, secret } from "@glam/shared/config";
import * as z from "zod";

const config = await loadConfig({
  service: "catalog",
  schema: z.object({ key: secret(), database: databaseConfig }),
  env: { CATALOG_KEY: "hunter2", CATALOG_DB_URL: "postgres://app:hunter2@db/catalog" },
  root: "/nowhere",
});
console.log(config.key);
console.log(config);
console.log("%s %o %O %j", config.key, config, config, config);
console.log(`${config.key}`, config.key + "", [config.key], new Map([["key", config.key]]));
console.dir(config);
console.table([config]);
console.error(new Error("failed", { cause: config }));
console.log("revealed", config.key.reveal().length);
