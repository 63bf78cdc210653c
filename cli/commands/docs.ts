import { Option } from "commander";
import { examples, withJson } from "../_options.ts";
import type { Declare } from "../_session.ts";

/** `docs`. */
export const declareDocs: Declare = (program, { action }) => {
  withJson(program.command("docs"), "same as --format json")
    .description("write the OpenAPI 3.1 and the AsyncAPI 3 document of a service")
    .option("--http", "the OpenAPI document, where only one is written")
    .option("--endpoints <module>", "module with the endpoints, or the application (endpoints.ts)")
    .option("--events <module>", "module with the contracts (events.ts)")
    .option("--receives <module>", "module with the contracts that the service listens to or answers")
    .addOption(new Option("--format <format>", "format of the document (yaml)").choices(["json", "yaml"]))
    .option("--output <path>", "file to write, or folder for both documents (standard output)")
    .option("--title <name>", "name of the application (from deno.json or package.json)")
    .option("--api-version <version>", "version of the application (from deno.json or package.json)")
    .action(action(() => import("./_docs.ts")))
    .addHelpText(
      "after",
      examples({
        "glam docs --output docs/": "both documents, as docs/openapi.yaml and docs/asyncapi.yaml",
        "glam docs --http --output openapi.json": "that of the endpoints alone",
        "glam docs --output asyncapi.yaml": "that of the events alone",
        "glam docs --format json | jq '.channels | keys'": "the subjects",
      }),
    );
};
