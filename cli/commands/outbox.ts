import type { Command } from "commander";
import { examples, group, wholeNumber, withDatabase, withJson } from "../_options.ts";
import type { Declare } from "../_session.ts";

/** `outbox status|retry`. */
export const declareOutbox: Declare = (program, { action }) => {
  const outbox = group(
    program,
    "outbox",
    "inspect pending events, and retry dead ones",
  );

  withTable(withDatabase(withJson(outbox.command("status"))))
    .description("print the number of pending events, the age of the oldest, and the dead events")
    .option("--limit <n>", "list at most this many dead events", wholeNumber(1), 20)
    .action(action(() => import("./_outbox_status.ts")))
    .addHelpText("after", examples({ "glam outbox status --json | jq .oldest_age_seconds": "for a check" }));

  withTable(withDatabase(withJson(outbox.command("retry"))))
    .description("make dead events pending again")
    .argument("[event...]", "their ids in `outbox status`")
    .option("--subject <subject>", "those with this subject")
    .option("--key <key>", "those with this key")
    .option("--all", "all of them")
    .action(action(() => import("./_outbox_retry.ts")))
    .addHelpText(
      "after",
      examples({
        "glam outbox retry --subject evt.order.placed.v1": "after its stream was repaired",
        "glam outbox retry --all": "all dead events",
      }),
    );
};

function withTable(command: Command): Command {
  return command.option("--table <name>", "name of the table (glam_outbox)");
}
