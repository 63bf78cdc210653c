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
    .option("--dir <folder>", "folder to write (named after the service)")
    .action(action(() => import("./_new.ts")))
    .addHelpText(
      "after",
      examples({
        "glam new orders": "in the folder orders",
        "glam new orders --runtime node --dir services/orders": "for Node, in another folder",
      }),
    );
};
