import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { lockFolder } from "../../testing/_folder_lock.ts";
import { type Child, startChild } from "../dev/child.ts";
import { freePort } from "../dev/free_port.ts";
import { readProject } from "../dev/project.ts";
import { type DevServers, startServers } from "../dev/servers.ts";
import { watchFolder } from "../dev/watch_folder.ts";
import { describeFailure } from "../_failure.ts";
import type { Session } from "../_session.ts";
import type { Terminal } from "../_terminal.ts";

interface DevFlags {
  readonly embedded?: boolean;
}

const FOLDER = ".data";
/** A service has deadlines of its own, of which none is longer where it is healthy. */
const STOP_MS = 60_000;
const POLL_MS = 100;

/** Runs the service in the current folder until Ctrl-C, again after each change. */
export async function run(
  { terminal, signal }: Session,
  { embedded = false }: DevFlags,
  ...given: string[]
): Promise<void> {
  const project = await readProject(given);
  const unlock = await lockFolder(`${FOLDER}/dev`);
  try {
    using folder = await watchFolder(".");
    await using servers = await startServers(project, { folder: FOLDER, embedded });
    for (const [server, what] of servers.lines) say(terminal, `${server}: ${what}`);
    const port = project.port === 0 ? await freePort() : project.port;
    const [program, ...args] = project.command;
    const env = { ...process.env, APP_ENV: project.environment, ...servers.env, PORT: `${port}` };
    let isKnown = false; // where it is
    while (!signal.aborted) {
      const round = new AbortController();
      const over = AbortSignal.any([signal, round.signal]);
      const child = await migrated(servers, terminal) ? startChild(program, args, { env }) : undefined;
      const changes = folder.changes(signal);
      if (child !== undefined) {
        void announce({ child, terminal, port, isKnown }, over).then((said) => isKnown ||= said);
        const ending = await Promise.race([child.ended.catch(messageOf), changes.then(() => undefined)]);
        if (ending !== undefined && !signal.aborted) {
          say(terminal, `${project.name} ended with ${ending}. It starts again after a change`);
        }
      }
      const files = await changes;
      round.abort();
      if (child?.hasEnded === false) await child.stop("SIGINT", STOP_MS);
      if (!signal.aborted) say(terminal, `Changed: ${files.join(", ")}`);
    }
  } finally {
    await unlock();
  }
}

interface Started {
  readonly child: Child;
  readonly terminal: Terminal;
  readonly port: number;
  readonly isKnown: boolean;
}

/** Says where the service is, once it answers. Gives whether it did. */
async function announce({ child, terminal, port, isKnown }: Started, signal: AbortSignal): Promise<boolean> {
  const url = `http://127.0.0.1:${port}`;
  const isThere = async (path: string) => {
    const response = await fetch(`${url}${path}`, { signal }).catch(() => undefined);
    await response?.body?.cancel();
    return response?.ok === true;
  };
  while (!await isThere("/health/live")) {
    if (child.hasEnded || signal.aborted) return false;
    await sleep(POLL_MS);
  }
  if (child.hasEnded) return false; // another program has the port
  say(terminal, isKnown ? `It is back on ${url}` : `service        ${url}`);
  if (isKnown) return true;
  if (await isThere("/docs")) say(terminal, `documentation  ${url}/docs`);
  if (await isThere("/ops/")) say(terminal, `operations     ${url}/ops/`);
  say(terminal, "It starts again after each change. Ctrl-C stops it");
  return true;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether the database of the service has its migrations. */
async function migrated(servers: DevServers, terminal: Terminal): Promise<boolean> {
  try {
    const applied = await servers.migrate();
    if (applied > 0) say(terminal, `Applied ${applied} migration${applied === 1 ? "" : "s"}`);
    return true;
  } catch (error) {
    terminal.printError(describeFailure(error));
    say(terminal, "It starts after a change");
    return false;
  }
}

function say(terminal: Terminal, text: string): void {
  terminal.printError(`${terminal.paint("cyan", "glam dev")}  ${text}`);
}
