/**
 * Runs `examples/fleet` as a process, on the runtime of the tests.
 *
 * @module
 */
import process from "node:process";
import { type RunningChild, startChild, startScript } from "./child_process.ts";

const main = new URL("../../examples/fleet/main.ts", import.meta.url);

/** Where its services are, and the token that it printed. */
export interface FleetAddresses {
  readonly credits: string;
  readonly orders: string;
  readonly operations: string;
  readonly token: string;
}

/** Starts it with these variables, on free ports. `flags` are those of `deno run`, with any permission unless given. */
export function startFleet(
  variables: Readonly<Record<string, string>>,
  { cwd, flags }: { readonly cwd?: string; readonly flags?: readonly string[] } = {},
): RunningChild {
  const { DATABASE_URL: _, NATS_SERVERS: __, APP_ENV: ___, ...environment } = process.env;
  const env = { ...environment, PORT: "0", NO_COLOR: "1", ...variables };
  const options = { env, ...cwd !== undefined && { cwd } };
  if (flags === undefined) return startScript(main, [], options);
  const args = ["run", "--no-prompt", "--no-check", "--quiet", ...flags, main.pathname];
  return startChild(process.execPath, args, options);
}

/** Waits until it says where it is. */
export async function addressesOf(fleet: RunningChild): Promise<FleetAddresses> {
  const find = (name: string, path = "") =>
    new RegExp(`^ *${name} +(http://[^/\\s]+)${path}$`, "m").exec(fleet.out())?.[1];
  await fleet.reaches(() => fleet.out().includes("/history"), "it says what to try");
  return {
    credits: find("credits", "/docs")!,
    orders: find("orders", "/docs")!,
    operations: find("operations")!,
    token: /^ *TOKEN=(\S+)$/m.exec(fleet.out())![1]!,
  };
}
