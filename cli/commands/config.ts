import { examples, group, withJson } from "../_options.ts";
import type { Command } from "commander";
import type { Declare } from "../_session.ts";

/** `config check|show`. */
export const declareConfig: Declare = (program, { action }) => {
  const config = group(
    program,
    "config",
    "check the configuration of a service, and see where each value comes from",
  );

  withSource(withJson(config.command("check")))
    .description("say whether the service can start with its files and variables")
    .action(action(() => import("./_config_check.ts")))
    .addHelpText("after", examples({ "APP_ENV=prod glam config check": "what a deployment would find" }));

  withSource(withJson(config.command("show")))
    .description("every value and who says so; secrets are masked")
    .argument("[path]", "only what is at or below this, such as database")
    .action(action(() => import("./_config_show.ts")))
    .addHelpText("after", examples({ "glam config show database": "a part of it" }));
};

function withSource(command: Command): Command {
  return command
    .option("--config <module>", "where `options` for loadConfig are (config.ts)")
    .option("--root <folder>", "the folder that has config/ and .env (what the module says)");
}
