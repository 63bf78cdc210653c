import { examples, group, withJson } from "../_options.ts";
import type { Command } from "commander";
import type { Declare } from "../_session.ts";

/** `config check|show`. */
export const declareConfig: Declare = (program, { action }) => {
  const config = group(
    program,
    "config",
    "check the configuration of a service, and show where each value is set",
  );

  withSource(withJson(config.command("check")))
    .description("check whether the service can start with its files and variables")
    .action(action(() => import("./_config_check.ts")))
    .addHelpText("after", examples({ "APP_ENV=prod glam config check": "as in production" }));

  withSource(withJson(config.command("show")))
    .description("print all values and where they are set, with secrets redacted")
    .argument("[path]", "only what is at or below this, such as database")
    .action(action(() => import("./_config_show.ts")))
    .addHelpText("after", examples({ "glam config show database": "only this part" }));
};

function withSource(command: Command): Command {
  return command
    .option("--config <module>", "module that exports `options` for loadConfig (config.ts)")
    .option("--root <folder>", "folder that contains config/ and .env (that of the module)");
}
