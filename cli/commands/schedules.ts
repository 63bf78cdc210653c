import type { Command } from "commander";
import { examples, group, withDatabase, withJson } from "../_options.ts";
import type { Declare } from "../_session.ts";

/** `schedules list|run|pause|resume`. */
export const declareSchedules: Declare = (program, { action }) => {
  const schedules = group(program, "schedules", "list schedules, run them now, pause and resume them");

  withTable(withDatabase(withJson(schedules.command("list"))))
    .description("print each schedule with its next tick, its last tick and how that ended")
    .action(action(() => import("./_schedules_list.ts")))
    .addHelpText(
      "after",
      examples({
        "glam schedules list --json | jq '.[] | select(.lag_seconds > 60)'": "which ones are late",
      }),
    );

  withTable(withDatabase(withJson(schedules.command("run"))))
    .description("begin a tick now, beside the scheduled ones, and wait until it has ended")
    .argument("<name>", "name of the schedule")
    .option("--no-wait", "only ask for it")
    .action(action(() => import("./_schedules_run.ts")))
    .addHelpText("after", examples({ "glam schedules run nightly-sync": "also while it is paused" }));

  withTable(withDatabase(withJson(schedules.command("pause"))))
    .description("let no tick come; a function that runs is not interrupted")
    .argument("<name>", "name of the schedule")
    .action(action(() => import("./_schedules_pause.ts")))
    .addHelpText("after", examples({ "glam schedules pause nightly-sync": "until it is resumed" }));

  withTable(withDatabase(withJson(schedules.command("resume"))))
    .description("let ticks come again, from the next one on")
    .argument("<name>", "name of the schedule")
    .action(action(() => import("./_schedules_resume.ts")))
    .addHelpText("after", examples({ "glam schedules resume nightly-sync": "missed ticks are left out" }));
};

function withTable(command: Command): Command {
  return command.option("--table <name>", "name of the table (glam_schedules)");
}
