import { examples } from "../_options.ts";
import type { Declare } from "../_session.ts";

/** `dev`. */
export const declareDev: Declare = (program, { action }) => {
  program.command("dev")
    .description("run the service in this folder with what it needs, again after each change")
    .argument("[command...]", "what runs it (the task `start` of deno.json or package.json)")
    .option("--embedded", "use the embedded Postgres and the bus in memory, whatever is installed")
    .action(action(() => import("./_dev.ts")))
    .addHelpText(
      "after",
      `
Postgres and NATS are those that the configuration names (DATABASE_URL, NATS_SERVERS, .env), else those that
are installed, started for the time of this command with their data in .data, else the embedded ones.
${
        examples({
          "glam dev": "the service of this folder",
          "glam dev -- node --inspect main.ts": "with a debugger",
        })
      }`,
    );
};
