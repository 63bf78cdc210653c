import type { Command } from "commander";
import { examples, group, wholeNumber, withDatabase, withJson } from "../_options.ts";
import type { Declare } from "../_session.ts";

/** `outbox status|retry`. */
export const declareOutbox: Declare = (program, { action }) => {
  const outbox = group(
    program,
    "outbox",
    "look at events that wait for their publication, and try dead ones again",
  );

  withTable(withDatabase(withJson(outbox.command("status"))))
    .description("how many events wait, how old the oldest is, and which were given up")
    .option("--limit <n>", "show at most this many of the dead ones", wholeNumber(1), 20)
    .action(action(() => import("./_outbox_status.ts")))
    .addHelpText("after", examples({ "glam outbox status --json | jq .oldest_age_seconds": "for a check" }));

  withTable(withDatabase(withJson(outbox.command("retry"))))
    .description("have dead events tried again, as often as new ones")
    .argument("[event...]", "their ids, as `outbox status` shows them")
    .option("--subject <subject>", "those of this subject")
    .option("--key <key>", "those with this key")
    .option("--all", "all of them")
    .action(action(() => import("./_outbox_retry.ts")))
    .addHelpText(
      "after",
      examples({
        "glam outbox retry --subject evt.order.placed.v1": "after its stream was mended",
        "glam outbox retry --all": "everything that was given up",
      }),
    );
};

function withTable(command: Command): Command {
  return command.option("--table <name>", "name of the table (glam_outbox)");
}
