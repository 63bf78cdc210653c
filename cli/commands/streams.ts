import { examples, group, withBus, withJson } from "../_options.ts";
import type { Declare } from "../_session.ts";

/** `streams status|plan`. */
export const declareStreams: Declare = (program, { action }) => {
  const streams = group(program, "streams", "show the streams, and what another layout would take");

  withBus(withJson(streams.command("status")))
    .description("print each stream with its limits, its messages and its durable consumers")
    .action(action(() => import("./_streams_status.ts")))
    .addHelpText(
      "after",
      examples({
        "glam streams status": "also which durable consumers are left in a stream that lost their subject",
      }),
    );

  withBus(withJson(streams.command("plan")))
    .description("print what it would take to give domains streams of their own; changes nothing")
    .argument("[domains...]", "the streams: a domain, or <name>=<domain>,<domain>")
    .option("--layout <module>", "module that exports the layout (streams.ts)")
    .action(action(() => import("./_streams_plan.ts")))
    .addHelpText(
      "after",
      examples({
        "glam streams plan catalog notification=notification,email": "two streams beside GLAM_EVENTS",
        "glam streams plan": "the layout that streams.ts exports",
      }),
    );
};
