import { Option } from "commander";
import { examples } from "../_options.ts";
import type { Declare } from "../_session.ts";

/** `new`. */
export const declareNew: Declare = (program, { action }) => {
  program.command("new")
    .description("write a service that starts and passes its own tests at once")
    .argument("<service>", "its name: lower-case letters, digits and dashes")
    .addOption(
      new Option("--runtime <runtime>", "what it runs on (what glam runs on)").choices([
        "deno",
        "bun",
        "node",
      ]),
    )
    .option("--dir <folder>", "where to write it (a folder of its name)")
    .action(action(() => import("./_new.ts")))
    .addHelpText(
      "after",
      examples({
        "glam new orders": "in the folder orders",
        "glam new orders --runtime node --dir services/orders": "for another runtime, elsewhere",
      }),
    );
};
