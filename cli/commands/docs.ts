import { Option } from "commander";
import { examples, withJson } from "../_options.ts";
import type { Declare } from "../_session.ts";

/** `docs`. */
export const declareDocs: Declare = (program, { action }) => {
  withJson(program.command("docs"), "the same as --format json")
    .description("write the AsyncAPI 3 document of a service's events")
    .option("--events <module>", "where the contracts are (events.ts)")
    .option("--receives <module>", "where contracts are that the service listens to or answers")
    .addOption(new Option("--format <format>", "how to write it").choices(["json", "yaml"]))
    .option("--output <file>", "where to write it (standard output)")
    .option("--title <name>", "name of the application (that in deno.json or package.json)")
    .option("--api-version <version>", "version of the application (likewise)")
    .action(action(() => import("./_docs.ts")))
    .addHelpText(
      "after",
      examples({
        "glam docs --output asyncapi.yaml": "keep it in a file",
        "glam docs --format json | jq '.channels | keys'": "the subjects",
      }),
    );
};
