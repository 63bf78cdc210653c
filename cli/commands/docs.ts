import { Option } from "commander";
import { examples, withJson } from "../_options.ts";
import type { Declare } from "../_session.ts";

/** `docs`. */
export const declareDocs: Declare = (program, { action }) => {
  withJson(program.command("docs"), "same as --format json")
    .description("write the AsyncAPI 3 document of a service's events")
    .option("--events <module>", "module with the contracts (events.ts)")
    .option("--receives <module>", "module with the contracts that the service listens to or answers")
    .addOption(new Option("--format <format>", "format of the document (yaml)").choices(["json", "yaml"]))
    .option("--output <file>", "file to write (standard output)")
    .option("--title <name>", "name of the application (from deno.json or package.json)")
    .option("--api-version <version>", "version of the application (from deno.json or package.json)")
    .action(action(() => import("./_docs.ts")))
    .addHelpText(
      "after",
      examples({
        "glam docs --output asyncapi.yaml": "write it to a file",
        "glam docs --format json | jq '.channels | keys'": "the subjects",
      }),
    );
};
