import type { ConfigProblem } from "../../errors/mod.ts";
import { toDocument } from "../_json.ts";
import type { Session } from "../_session.ts";
import { count } from "../_table.ts";
import { type ConfigFlags, readServiceConfig } from "./_service_config.ts";

/** Prints all problems and warnings of a configuration. */
export async function run({ terminal, json }: Session, flags: ConfigFlags): Promise<number> {
  const { options: { service }, reading } = await readServiceConfig(flags);
  const { problems, warnings, files } = reading;
  const exitCode = problems.length === 0 ? 0 : 1;
  if (json) {
    await terminal.print(
      toDocument({ service, ok: exitCode === 0, problems, warnings, files: filesOf(files) }),
    );
    return exitCode;
  }
  for (const warning of warnings) {
    terminal.printError(terminal.paint("yellow", `warning: ${oneLine(warning)}`));
  }
  if (exitCode === 0) {
    await terminal.print(`The configuration of ${service} is complete and valid`);
  } else {
    terminal.printError(`The configuration of ${service} has ${count(problems.length, "problem")}`);
    for (const problem of problems) terminal.printError(`- ${oneLine(problem)}`);
  }
  const looked = files.map(({ path, found }) => found ? path : `${path} (not there)`);
  terminal.printError(terminal.paint("dim", `Looked at: ${[...looked, "the environment"].join(", ")}`));
  return exitCode;
}

function filesOf(files: readonly { readonly path: string; readonly found: boolean }[]): unknown {
  return files.map(({ path, found }) => ({ path, found }));
}

function oneLine({ path, source, message }: ConfigProblem): string {
  const where = path === "" ? source : source === undefined ? path : `${path} (${source})`;
  return where === undefined ? message : `${where}: ${message}`;
}
