import { Option } from "commander";
import { examples } from "../_options.ts";
import type { Declare } from "../_session.ts";

/** `new`. */
export const declareNew: Declare = (program, { action }) => {
  program.command("new")
    .description("generate a service that starts and passes its tests")
    .argument("<service>", "its name: lower-case letters, digits and dashes")
    .addOption(
      new Option("--runtime <runtime>", "runtime of the service (that of glam)").choices([
        "deno",
        "bun",
        "node",
      ]),
    )
    .option("--into <folder>", "folder to write, beside what is there (one named after the service)")
    .addOption(new Option("--dir <folder>", "the same as --into").hideHelp())
    .action(action(() => import("./_new.ts")))
    .addHelpText(
      "after",
      examples({
        "glam new orders": "in the folder orders",
        "glam new orders --into .": "in this folder, beside what is there",
        "glam new orders --runtime node --into services/orders": "for Node, in another folder",
      }),
    );
};
