import type { Command } from "commander";
import { examples, group, instant, positiveNumber, wholeNumber, withBus, withJson } from "../_options.ts";
import type { Declare } from "../_session.ts";

/** `dlq list|show|redrive|purge`. */
export const declareDlq: Declare = (program, { action }) => {
  const dlq = group(program, "dlq", "look at dead letters, and publish them again or throw them away");

  withFilter(withBus(withJson(dlq.command("list"))))
    .description("the dead letters, oldest first")
    .option("--limit <n>", "at most this many", wholeNumber(1), 100)
    .action(action(() => import("./_dlq_list.ts")))
    .addHelpText(
      "after",
      examples({
        "glam dlq list --subject 'evt.order.>'": "those of some subjects",
        "glam dlq list --since 1h --error-code DATABASE_ERROR": "those of an outage",
      }),
    );

  withBus(withJson(dlq.command("show")))
    .description("everything about one dead letter")
    .argument("<sequence>", "what `dlq list` calls it", wholeNumber(1))
    .option("--raw", "print the bytes of the message and nothing else")
    .action(action(() => import("./_dlq_show.ts")))
    .addHelpText(
      "after",
      examples({ "glam dlq show 17 --raw > message.json": "keep its message in a file" }),
    );

  withSelection(withBus(withJson(dlq.command("redrive"))))
    .description("publish dead letters to their subjects again, and remove those that are stored")
    .option("--rate <n>", "how many in a second, at most", positiveNumber, 100)
    .option("--dry-run", "say which, and publish nothing")
    .action(action(() => import("./_dlq_redrive.ts")))
    .addHelpText(
      "after",
      examples({
        "glam dlq redrive 17 18": "these two",
        "glam dlq redrive --consumer ledger-summary-evt_order_placed_v1 --rate 20": "slowly",
        "glam dlq redrive --all --dry-run": "see what would be published",
      }),
    );

  withSelection(withBus(withJson(dlq.command("purge"))))
    .description("throw dead letters away, after asking")
    .option("--dry-run", "say which, and remove nothing")
    .option("--yes", "do not ask")
    .action(action(() => import("./_dlq_purge.ts")))
    .addHelpText(
      "after",
      examples({
        "glam dlq purge 17": "one of them",
        "glam dlq purge --until 7d --yes": "those that died more than a week ago",
      }),
    );
};

function withFilter(command: Command): Command {
  return command
    .option("--subject <subject>", "subject of the message, with wildcards * and >")
    .option("--consumer <name>", "the durable consumer that gave up")
    .option("--error-code <code>", "code of the last error")
    .option("--error-digest <digest>", "digest of the last error")
    .option("--since <time>", "dead since then, such as 2h or 2026-01-31T09:00Z", instant)
    .option("--until <time>", "dead before then", instant);
}

function withSelection(command: Command): Command {
  return withFilter(command.argument("[sequence...]", "what `dlq list` calls them"))
    .option("--all", "all of them");
}
