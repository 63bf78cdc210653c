/** Follows docs/tutorial.md: writes its files, runs its commands, and compares what it says they answer. */
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { runChild, type RunningChild } from "../_support/child_process.ts";
import { startNats } from "../_support/nats_server.ts";
import { startPostgres } from "../_support/postgres.ts";
import { newService, urlOf } from "../cli/_new_service.ts";

interface Block {
  readonly language: string;
  readonly attribute: string | undefined;
  readonly text: string;
  /** The file that the line above names. */
  readonly file: string | undefined;
}

test("the tutorial does what it says, from glam new to a service that stops in order", async () => {
  await using postgres = await startPostgres();
  await using nats = await startNats({ accounts: false });
  await using service = await newService("credits");
  await checkTypesOnce(join(service.folder, "deno.json"));
  const servers: Readonly<Record<string, string>> = { DATABASE_URL: postgres.url, NATS_SERVERS: nats.url };
  const { DATABASE_URL: _, ...environment } = process.env;
  let env: Record<string, string | undefined> = { ...environment, PORT: "0", NO_COLOR: "1" };
  const variables = join(service.folder, ".variables");
  let running: RunningChild | undefined;
  let url = "";
  let printed = "";
  const files: string[] = [];

  for (const block of blocksOf(await readFile(new URL("../../docs/tutorial.md", import.meta.url), "utf8"))) {
    const { language, attribute, text, file } = block;
    if (language === "ts") {
      assert.ok(file !== undefined, `It does not say which file this is:\n${text}`);
      await mkdir(dirname(join(service.folder, file)), { recursive: true });
      await writeFile(join(service.folder, file), text);
      files.push(file);
    } else if (language === "json") {
      assertLike(JSON.parse(printed), JSON.parse(text));
    } else if (language === "text") {
      assertPrinted(printed, text);
    } else if (attribute === "start" || attribute === "restart" || attribute === "crash") {
      if (attribute === "restart") await stop(running!, "SIGINT");
      if (attribute === "crash") running!.signal("SIGKILL");
      await running?.ended();
      running = service.start("start", [], { env: env as Record<string, string> });
      url = await urlOf(running);
    } else if (attribute === "ignore") {
      assert.match(text, /^(docker run .*\n)+$/, "only the servers are the test's own");
    } else {
      printed = "";
      for (const [, name] of text.matchAll(/^export (\w+)=/gm)) env = { ...env, [name!]: servers[name!] };
      const script = text
        .replace(/^deno run .*jsr:@glam\/shared\/cli new credits\ncd credits\n/, "") // newService() did
        .replace(/^export .*\n/gm, "")
        .replaceAll("http://127.0.0.1:8080", url);
      for (const part of script.split(/^(docker (?:stop|start) credits-nats)\n/gm)) {
        if (part === "docker stop credits-nats") await nats.kill9();
        else if (part === "docker start credits-nats") await nats.restart();
        else printed += await shell(part, service.folder, { ...env, VARIABLES: variables });
      }
    }
  }
  assert.deepEqual(files.toSorted(), [
    "app.ts",
    "events.ts",
    "listener.ts",
    "main.ts",
    "store.ts",
    "tables.ts",
    "tests/credits_test.ts",
  ]);
  assert.ok(running !== undefined);
  const asyncapi = JSON.parse(await readFile(join(service.folder, "asyncapi.json"), "utf8"));
  assert.match(JSON.stringify(asyncapi), /evt\.credit\.deducted\.v1/);
  await stop(running, "SIGTERM");
});

/** Ends the service in order. */
async function stop(running: RunningChild, signal: "SIGINT" | "SIGTERM"): Promise<void> {
  running.signal(signal);
  assert.equal((await running.ended()).code, 0, running.out() + running.errors());
}

function blocksOf(page: string): Block[] {
  const pattern =
    /(?:^[^\n]*?`(?<file>[\w./]+\.ts)`[^\n]*:\n\n)?^```(?<language>\w+)(?: (?<attribute>\w+))?\n(?<text>[\s\S]*?)^```$/gm;
  return [...page.matchAll(pattern)].map(({ groups }) => groups as unknown as Block);
}

/** Types are checked once, by the page's own `deno check`. */
async function checkTypesOnce(path: string): Promise<void> {
  const config = await readFile(path, "utf8");
  await writeFile(path, config.replace('"deno test ', '"deno test --no-check '));
}

/** What a script prints on standard output; all of it when it fails. */
async function shell(script: string, cwd: string, env: Record<string, string | undefined>): Promise<string> {
  const path = `${dirname(process.execPath)}:${process.env["PATH"]}`;
  // The variables of the terminal that the reader has open all the time.
  const names = [...script.matchAll(/^(\w+)=\$\(/gm)].map(([, name]) => name).join(" ");
  const keep = names === "" ? "" : `declare -p ${names} >> "$VARIABLES"`;
  const args = ["-euo", "pipefail", "-c", `touch "$VARIABLES"; . "$VARIABLES"\n${script}\n${keep}`];
  const { code, out, errors } = await runChild("bash", args, { cwd, env: { ...env, PATH: path } });
  assert.equal(code, 0, `${script}\n${out}${errors}`);
  return out;
}

/** Compares lines with what the page shows, where "..." stands for anything, also for lines of its own. */
function assertPrinted(actual: string, expected: string): void {
  const pattern = expected.trimEnd().split("...")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/ +/g, " +"))
    .join("[\\s\\S]*?");
  assert.match(actual.trimEnd(), new RegExp(`^${pattern}$`));
}

/** Compares with what the page shows, where "..." stands for anything. */
function assertLike(actual: unknown, expected: unknown, path = "$"): void {
  if (expected === "...") assert.notEqual(actual, undefined, path);
  else if (typeof expected === "object" && expected !== null) {
    assert.deepEqual(Object.keys(actual as object), Object.keys(expected), path);
    for (const [key, value] of Object.entries(expected)) {
      assertLike((actual as Record<string, unknown>)[key], value, `${path}.${key}`);
    }
  } else assert.equal(actual, expected, path);
}
