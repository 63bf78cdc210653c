import { examples, group, instant, wholeNumber, withBus, withJson } from "../_options.ts";
import type { Declare } from "../_session.ts";

/** `events tail|publish`. */
export const declareEvents: Declare = (program, { action }) => {
  const events = group(program, "events", "follow and publish events");

  withBus(withJson(events.command("tail"), "print each message as a line of JSON"))
    .description("follow messages of a stream, without a consumer that stays")
    .argument("[subject]", "a subject, with wildcards * and >", "evt.>")
    .option("--since <time>", "also what was stored since, such as 10m or 2026-01-31T09:00Z", instant)
    .option("--count <n>", "end after this many", wholeNumber(1))
    .option("--stream <name>", "the stream (GLAM_EVENTS; GLAM_DLQ for dlq.>)")
    .action(action(() => import("./_events_tail.ts")))
    .addHelpText(
      "after",
      examples({
        "glam events tail": "every event from now on",
        "glam events tail 'evt.order.>' --since 1h": "those of the last hour as well",
        "glam events tail --since 1d --count 10 --json": "the first ten of a day, for machines",
      }),
    );

  withBus(withJson(events.command("publish")))
    .description("publish one event, validated by its contract")
    .argument("<subject>", "what it is, such as evt.order.placed.v1")
    .argument("<data>", "its data as JSON, @<file>, or - for standard input")
    .option("--events <module>", "where the contracts are (events.ts; those of the fleet are known)")
    .option("--unchecked", "publish though there is no contract for the subject")
    .option("--source <name>", "the service that it comes from (SERVICE_NAME, else glam)")
    .option("--key <key>", "idempotency key: of those with one key the stream stores the first")
    .option("--correlation-id <id>", "the operation that it belongs to")
    .option("--header <name:value...>", "one more header")
    .option("--dry-run", "print what would be published, and publish nothing")
    .action(action(() => import("./_events_publish.ts")))
    .addHelpText(
      "after",
      examples({
        [`glam events publish evt.order.placed.v1 '{"id": "o_1"}'`]: "data on the command line",
        "glam events publish cmd.order.cancel.v1 @order.json --dry-run": "data from a file, only validated",
        "jq .order dump.json | glam events publish evt.order.placed.v1 -": "data from another program",
      }),
    );
};
