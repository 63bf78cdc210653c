import assert from "node:assert/strict";
import { it } from "node:test";
import * as api from "@glam/shared/api";
import * as config from "@glam/shared/config";
import * as client from "@glam/shared/client";
import * as context from "@glam/shared/context";
import * as contract from "@glam/shared/contract";
import * as db from "@glam/shared/db";
import * as errors from "@glam/shared/errors";
import * as logging from "@glam/shared/logging";
import * as metrics from "@glam/shared/metrics";
import * as root from "@glam/shared";
import * as service from "@glam/shared/service";
import { entryPoints, root as folder } from "../../scripts/_project.ts";

const NOT_IN_ROOT = ["./auth", "./cli", "./ops", "./testing"];

it("the root re-exports every value of every area, and the same one", () => {
  for (const area of [api, client, config, context, contract, db, errors, logging, metrics, service]) {
    for (const [name, value] of Object.entries(area)) {
      assert.equal((root as Record<string, unknown>)[name], value, name);
    }
  }
});

it("the root names every export of every area, types included, and nothing by a star", async () => {
  const names = async (path: string) => {
    const text = await Deno.readTextFile(`${folder}/${path}`);
    const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].map((match) => match[1]!);
    assert.doesNotMatch(text, /^export \*/m, path);
    return lists.join(",").split(",").map((name) => name.trim().replace(/^type /, "")).filter(Boolean);
  };
  const exported = new Set(await names("mod.ts"));
  for (const { key, path } of entryPoints().filter(({ key }) => key !== "." && !NOT_IN_ROOT.includes(key))) {
    for (const name of await names(path)) assert.ok(exported.has(name), `${name} of ${key} is not in mod.ts`);
  }
});
