import { examples, group, positiveNumber, wholeNumber, withBus } from "../_options.ts";
import type { Declare } from "../_session.ts";

/** `ops serve|rules|dashboard`. */
export const declareOps: Declare = (program, { action }) => {
  const ops = group(program, "ops", "show and repair a fleet; write its alerts and dashboard");

  withBus(ops.command("serve", { isDefault: true }))
    .description(
      "show the operations page of the whole fleet on this machine, and print its URL (the default)",
    )
    .option("--port <n>", "port on 127.0.0.1 (any that is free)", wholeNumber(0, 65_535), 0)
    .option("--allow-changes", "also redrive, delete, retry and pause (only look)")
    .option("--database-url <url>", "database of a service whose outbox and schedules to show (DATABASE_URL)")
    .option("--schema <name>", "its schema")
    .option("--table <name>", "table of its outbox (glam_outbox)")
    .action(action(() => import("./_ops_serve.ts")))
    .addHelpText(
      "after",
      examples({
        "glam ops": "look at the fleet",
        "glam ops --allow-changes --servers nats://nats:4222": "the same, with changes allowed",
      }),
    );

  ops.command("rules")
    .description("write alerts for Prometheus, as a file of rules")
    .option("--service <name>", "the service that they are for (each that is scraped)")
    .option("--availability <ratio>", "share of requests without a 5xx (0.999)", positiveNumber)
    .option(
      "--latency <seconds>",
      "how long a request may take, a bound of the buckets (0.25)",
      positiveNumber,
    )
    .option("--latency-ratio <ratio>", "share of requests that take no longer (0.99)", positiveNumber)
    .option("--no-latency-alerts", "leave out the alerts of latency")
    .option("--min-failures <n>", "failures that a window needs before they count (10)", wholeNumber(0))
    .option("--memory-limit <bytes>", "memory limit of a process (no alert)", wholeNumber(1))
    .option("--runbook <url>", "page with a heading for each alert (docs/operations.md)")
    .option("--output <path>", "file to write (standard output)")
    .action(action(() => import("./_ops_rules.ts")))
    .addHelpText(
      "after",
      examples({
        "glam ops rules --output glam.rules.yml": "for the whole fleet",
        "glam ops rules --service credits --availability 0.9995": "for one that promises more",
      }),
    );

  ops.command("dashboard")
    .description("write a dashboard for Grafana, as JSON to import")
    .option("--service <name>", "the service that it is for (all, to choose from)")
    .option("--title <name>", "name of the dashboard (Services, or the service)")
    .option("--uid <id>", "the id in its URL (one that Grafana makes up)")
    .option("--output <path>", "file to write (standard output)")
    .action(action(() => import("./_ops_dashboard.ts")))
    .addHelpText("after", examples({ "glam ops dashboard --output services.json": "for all services" }));
};
