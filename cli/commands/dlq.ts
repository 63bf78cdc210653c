import type { Command } from "commander";
import { examples, group, instant, positiveNumber, wholeNumber, withBus, withJson } from "../_options.ts";
import type { Declare } from "../_session.ts";

/** `dlq list|show|redrive|purge`. */
export const declareDlq: Declare = (program, { action }) => {
  const dlq = group(program, "dlq", "inspect dead letters, redrive or purge them");

  withFilter(withBus(withJson(dlq.command("list"))))
    .description("list dead letters, oldest first")
    .option("--limit <n>", "at most this many", wholeNumber(1), 100)
    .action(action(() => import("./_dlq_list.ts")))
    .addHelpText(
      "after",
      examples({
        "glam dlq list --subject 'evt.order.>'": "those of matching subjects",
        "glam dlq list --since 1h --error-code DATABASE_ERROR": "those of an outage",
      }),
    );

  withBus(withJson(dlq.command("show")))
    .description("print one dead letter with its headers and message")
    .argument("<sequence>", "its sequence in `dlq list`", wholeNumber(1))
    .option("--raw", "print the bytes of the message and nothing else")
    .action(action(() => import("./_dlq_show.ts")))
    .addHelpText(
      "after",
      examples({ "glam dlq show 17 --raw > message.json": "save its message to a file" }),
    );

  withSelection(withBus(withJson(dlq.command("redrive"))))
    .description("publish dead letters to their subjects again, and delete those that the stream has stored")
    .option("--rate <n>", "at most this many a second", positiveNumber, 100)
    .option("--dry-run", "list them, and publish nothing")
    .action(action(() => import("./_dlq_redrive.ts")))
    .addHelpText(
      "after",
      examples({
        "glam dlq redrive 17 18": "these two",
        "glam dlq redrive --consumer ledger-summary-evt_order_placed_v1 --rate 20":
          "those of one consumer, slowly",
        "glam dlq redrive --all --dry-run": "list what would be published",
      }),
    );

  withSelection(withBus(withJson(dlq.command("purge"))))
    .description("delete dead letters, after confirmation")
    .option("--dry-run", "list them, and delete nothing")
    .option("--yes", "do not ask for confirmation")
    .action(action(() => import("./_dlq_purge.ts")))
    .addHelpText(
      "after",
      examples({
        "glam dlq purge 17": "one of them",
        "glam dlq purge --until 7d --yes": "those older than a week",
      }),
    );
};

function withFilter(command: Command): Command {
  return command
    .option("--subject <subject>", "subject of the message, with wildcards * and >")
    .option("--consumer <name>", "the durable whose attempts were exhausted")
    .option("--error-code <code>", "code of the last error")
    .option("--error-digest <digest>", "digest of the last error")
    .option("--since <time>", "stored in GLAM_DLQ since, such as 2h or 2026-01-31T09:00Z", instant)
    .option("--until <time>", "stored in GLAM_DLQ before", instant);
}

function withSelection(command: Command): Command {
  return withFilter(command.argument("[sequence...]", "their sequences in `dlq list`"))
    .option("--all", "all of them");
}
