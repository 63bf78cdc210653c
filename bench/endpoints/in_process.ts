/**
 * Requests to routes by contract against the same routes by helpers, without a socket, and the time of a document. Prints
 * one line of JSON.
 *
 * @module
 */
import process from "node:process";
import { openapi } from "@glam/shared/api";
import { median, medianRatio, takeTurns } from "../_statistics.ts";
import type { App } from "../http/apps.ts";
import { createByContracts, createByHelpers, createLarge } from "./apps.ts";

const ROUNDS = 3;
const TURNS = 200;
const DOCUMENTS = 15;

const contracts = createByContracts();
const helpers = createByHelpers();
const large = createLarge(300);
const first = millisecondsOf(() => document());
console.log(JSON.stringify({
  objectRatio: await compare("/items/42", 20_000),
  listRatio: await compare("/rows", 4000),
  firstDocumentMs: first,
  documentMs: median(Array.from({ length: DOCUMENTS }, () => millisecondsOf(() => document()))),
}));
process.exit(0);

function document(): object {
  return openapi(large, { title: "Bench", version: "1.0.0" });
}

function millisecondsOf(work: () => void): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

/** Requests per second by contract, divided by those by helpers. */
async function compare(path: string, requests: number): Promise<number> {
  for (const app of [helpers, contracts]) await measure(app, path, requests);
  const turn = (app: App) => () => measure(app, path, requests / TURNS);
  const seconds = await takeTurns(ROUNDS, { helpers: turn(helpers), contracts: turn(contracts) }, TURNS);
  return medianRatio(seconds.helpers, seconds.contracts);
}

/** Seconds that so many requests take. */
async function measure(app: App, path: string, requests: number): Promise<number> {
  const startedAt = performance.now();
  for (let i = 0; i < requests; i++) {
    const response = await app.fetch(new Request(`http://localhost${path}`));
    const text = await response.text();
    if (response.status !== 200) throw new Error(`Expected 200, got ${response.status}: ${text}`);
  }
  return (performance.now() - startedAt) / 1000;
}
