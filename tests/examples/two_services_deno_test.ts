/** Follows docs/two-services.md: writes its files, applies its changes, runs its commands, and compares what they answer. */
import assert from "node:assert/strict";
import { readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { connectDatabase } from "@glam/shared/db";
import { parse } from "yaml";
import { runChild, type RunningChild, startChild } from "../_support/child_process.ts";
import { freePort } from "../_support/free_port.ts";
import { startNats } from "../_support/nats_server.ts";
import { startPostgres } from "../_support/postgres.ts";
import { waitFor } from "../_support/wait_for.ts";
import { newService, urlOf } from "../cli/_new_service.ts";

test("the tutorial of two services does what it says", async () => {
  const page = await readFile(new URL("../../docs/two-services.md", import.meta.url), "utf8");
  await using postgres = await startPostgres();
  await using nats = await startNats({ accounts: false });
  await using catalog = await newService("catalog");
  await using shop = await newService("shop");
  const folder = dirname(catalog.folder);
  await rename(shop.folder, join(folder, "shop"));
  await using admin = await connectDatabase({ url: postgres.url });
  for (const name of ["catalog", "shop"]) await admin.sql.unsafe(`create database ${name}`);
  const ports = { "8080": await freePort(), "8081": await freePort() };
  const own = (text: string) =>
    Object.entries(ports).reduce(
      (all, [port, free]) => all.replaceAll(`127.0.0.1:${port}`, `127.0.0.1:${free}`),
      text,
    )
      .replaceAll(/PORT=(\d+)/g, (_, port: "8080" | "8081") => `PORT=${ports[port]}`)
      .replaceAll("postgres://postgres:secret@localhost:5432/postgres", postgres.url)
      .replaceAll(/postgres:\/\/postgres:secret@localhost:5432\/(catalog|shop)/g, (_, name) => {
        const url = new URL(postgres.url);
        url.pathname = name;
        return url.href;
      })
      .replaceAll("nats://localhost:4222", nats.url);

  const variables = join(folder, ".variables");
  await writeFile(variables, "");
  const { DATABASE_URL: _, APP_ENV: __, ...environment } = process.env;
  const path = `${dirname(process.execPath)}:${process.env["PATH"]}`;
  const env = { ...environment, NO_COLOR: "1", PATH: path };
  /** Runs commands in a shell that has the variables of those before it. */
  const shell = (script: string) => {
    const command = `set -a; . ${variables}\n${script}\nexport -p > ${variables}`;
    return ["-euo", "pipefail", "-c", command];
  };
  const running: RunningChild[] = [];
  let printed = "";
  try {
    for (const { language, attribute, text, file } of blocksOf(page)) {
      if (attribute === "ignore" && language === "sh") continue;
      if (language === "ts") {
        await writeFile(join(folder, file!), text);
      } else if (language === "diff") {
        const { code, out, errors } = await runChild("patch", ["-p0"], { cwd: folder, env, stdin: text });
        assert.equal(code, 0, out + errors);
      } else if (language === "yaml") {
        assert.deepEqual(Object.keys(parse(text).services).length, 6);
      } else if (language === "json") {
        assertLike(JSON.parse(printed), JSON.parse(text));
      } else if (language === "text") {
        assert.equal(printed.trim(), text.trim());
      } else if (attribute === "start") {
        // Once, since the types of the package are most of the work.
        const check = [
          "check",
          "--quiet",
          "--config",
          "shop/deno.json",
          "shop/main.ts",
          "catalog/main.ts",
          "keys.ts",
        ];
        const { code, errors } = await runChild(process.execPath, check, { cwd: folder, env });
        assert.equal(code, 0, errors);
        for (const line of own(text).trim().split("\n")) {
          running.push(
            startChild("bash", shell(line.replace("&& PORT", "&& exec env PORT")), { cwd: folder, env }),
          );
        }
        for (const service of running) await urlOf(service);
      } else {
        const script = own(text).replace(/^(mkdir|deno run .* new) .*\n/gm, ""); // newService() did
        const { code, out, errors } = await runChild("bash", shell(script), { cwd: folder, env });
        assert.equal(code, 0, `${script}\n${out}${errors}${running.map((each) => each.out()).join("\n")}`);
        printed = out;
      }
    }
    const pages = [
      ["8080/docs", /Add an item/],
      ["8081/docs", /What an item of the catalog costs here/],
      ["8080/ops", /2 services/],
      ["8081/ops", /2 services/],
    ] as const;
    for (const [page, wanted] of pages) {
      const url = own(`http://127.0.0.1:${page}`);
      await waitFor(async () => wanted.test(await (await fetch(url)).text()), `${url} shows ${wanted}`);
    }
    assert.match(await readFile(join(folder, "glam.rules.yml"), "utf8"), /alert: GlamClientErrors/);
    for (const service of running) {
      service.signal("SIGTERM");
      const { code, out, errors } = await service.ended();
      assert.equal(code, 0, out + errors);
    }
  } finally {
    for (const service of running) await service[Symbol.asyncDispose]();
  }
});

interface Block {
  readonly language: string;
  readonly attribute: string | undefined;
  readonly text: string;
  /** The file that the line above names. */
  readonly file: string | undefined;
}

function blocksOf(page: string): Block[] {
  const pattern =
    /(?:^[^\n]*?`(?<file>[\w./]+\.ts)`[^\n]*:\n\n)?^```(?<language>\w+)(?: (?<attribute>\w+))?\n(?<text>[\s\S]*?)^```$/gm;
  return [...page.matchAll(pattern)].map(({ groups }) => groups as unknown as Block);
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
