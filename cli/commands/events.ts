import { examples, group, instant, wholeNumber, withBus, withJson } from "../_options.ts";
import type { Declare } from "../_session.ts";

/** `events tail|trail|publish`. */
export const declareEvents: Declare = (program, { action }) => {
  const events = group(program, "events", "follow, look for and publish events");

  withBus(withJson(events.command("tail"), "print each message as a line of JSON"))
    .description("print messages as they are stored")
    .argument("[subject]", "a subject, with wildcards * and >", "evt.>")
    .option("--since <time>", "begin with messages stored since, such as 10m or 2026-01-31T09:00Z", instant)
    .option("--count <n>", "stop after this many messages", wholeNumber(1))
    .option("--stream <name>", "one stream (those that have the subject)")
    .action(action(() => import("./_events_tail.ts")))
    .addHelpText(
      "after",
      examples({
        "glam events tail": "every event from now on",
        "glam events tail 'evt.order.>' --since 1h": "begin with those of the last hour",
        "glam events tail --since 1d --count 10 --json": "ten events, as JSON",
      }),
    );

  withBus(withJson(events.command("trail"), "print each message as a line of JSON"))
    .description("print all that is still stored under a correlation id, newest first")
    .argument("<id>", "the correlation id")
    .option("--since <time>", "only what was stored since, such as 2h or 2026-01-31T09:00Z", instant)
    .option("--until <time>", "only what was stored before", instant)
    .action(action(() => import("./_events_trail.ts")))
    .addHelpText(
      "after",
      examples({
        "glam events trail corr_3d9c571e6e98 --since 2h": "events, commands and dead letters of two hours",
      }),
    );

  withBus(withJson(events.command("publish")))
    .description("validate one event by its contract, and publish it")
    .argument("<subject>", "its subject, such as evt.order.placed.v1")
    .argument("<data>", "its data as JSON, @<file>, or - for standard input")
    .option("--events <module>", "module with the contracts (events.ts, beside those of the fleet)")
    .option("--unchecked", "publish without a contract")
    .option("--source <name>", "name of the publishing service (SERVICE_NAME, else glam)")
    .option("--key <key>", "idempotency key: the stream stores only the first event with a key")
    .option("--correlation-id <id>", "correlation id of the event")
    .option("--header <name:value...>", "additional header")
    .option("--dry-run", "print what would be published, and publish nothing")
    .action(action(() => import("./_events_publish.ts")))
    .addHelpText(
      "after",
      examples({
        [`glam events publish evt.order.placed.v1 '{"id": "o_1"}'`]: "data on the command line",
        "glam events publish cmd.order.cancel.v1 @order.json --dry-run": "data from a file, validated only",
        "jq .order dump.json | glam events publish evt.order.placed.v1 -": "data from another program",
      }),
    );
};
