/**
 * What `examples/fleet` says to try, and what happens when an order is not paid.
 *
 * @module
 */
import assert from "node:assert/strict";
import { runChild, type RunningChild } from "../_support/child_process.ts";
import { addressesOf } from "../_support/fleet_example.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

/** The answers to the commands that it prints, which are run as they are. */
async function runPrinted(out: string): Promise<Json[]> {
  const commands = out.split("\n").filter((line) => /^ +(TOKEN|ORDER|curl)\b/.test(line)).join("\n");
  const script = `curl() { command curl --silent --show-error "$@"; echo; }\n${commands}`;
  const { code, out: answers, errors } = await runChild("bash", ["-euo", "pipefail", "-c", script]);
  assert.equal(code, 0, errors);
  return answers.trim().split("\n").map((text) => JSON.parse(text));
}

/** Variables with which it waits a second for payments. */
export const IMPATIENT: Readonly<Record<string, string>> = {
  ORDERS_PAY_WITHIN_SECONDS: "2",
  ORDERS_CANCEL_EVERY_MS: "1000",
};

/** Orders, pays and leaves orders unpaid, looks at the pages, and stops the fleet. */
export async function tellStory(fleet: RunningChild): Promise<void> {
  const { credits, orders, operations, token } = await addressesOf(fleet);
  const ask = async (url: string, init: RequestInit = {}) => {
    const headers = {
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/json",
      "Idempotency-Key": crypto.randomUUID(),
    };
    const response = await fetch(url, { headers, ...init });
    return { status: response.status, ...await response.json() as Json };
  };
  const place = (amount: number) =>
    ask(`${orders}/api/v1/orders`, { method: "POST", body: JSON.stringify({ credits: amount }) });
  const balance = async () => (await ask(`${credits}/api/v1/merchants/demo`)).data.balance;
  const statusOf = async (id: string) => (await ask(`${orders}/api/v1/orders/${id}`)).data.status;
  const historyOf = async (id: string) =>
    (await ask(`${orders}/api/v1/orders/${id}/history`)).data.map((entry: Json) => entry.status).join(" ");

  const printed = await runPrinted(fleet.out());
  assert.equal(printed.length, 4);
  const [placed, account, payment] = printed;
  assert.equal(placed.data.status, "placed");
  assert.equal(account.data.id, "demo");
  assert.ok(
    payment.data?.id === placed.data.id || payment.error.code === "CONFLICT",
    "it was too late at most",
  );

  const before = await balance();
  // On a busy machine an order may be cancelled before it is paid: then another one is.
  const paid = await fleet.reaches(async () => {
    const { status, data, error } = await place(30);
    assert.deepEqual([status, data?.status], [201, "placed"], JSON.stringify(error));
    const answer = await ask(`${orders}/api/v1/orders/${data.id}/pay`, { method: "POST" });
    return answer.status === 200 ? answer.data : undefined;
  }, "an order is paid");
  assert.equal(paid.status, "paid");

  const second = await place(20);
  assert.equal(second.status, 201);
  await fleet.reaches(async () => await statusOf(second.data.id) === "cancelled", "it is cancelled");
  await fleet.reaches(async () => await balance() === before - 30, "its credits are back");
  const late = await ask(`${orders}/api/v1/orders/${second.data.id}/pay`, { method: "POST" });
  assert.equal(late.status, 409);

  const tooMuch = await place(before);
  assert.deepEqual([tooMuch.status, tooMuch.error.code], [409, "INSUFFICIENT_CREDIT"]);
  const { data, pagination } = await ask(`${orders}/api/v1/orders?limit=1`);
  assert.deepEqual([data[0].id, pagination.has_next], [second.data.id, true], "no order is left of it");

  await fleet.reaches(async () => await historyOf(paid.id) === "placed paid", "it has a history");
  await fleet.reaches(async () => await historyOf(second.data.id) === "placed cancelled", "it has a history");

  for (
    const [url, text] of [
      [`${credits}/docs`, /Take credits off an account/],
      [`${orders}/docs`, /Place an order/],
      [`${operations}/`, /3 services/],
      [`${operations}/schedules`, /cancel-unpaid-orders/],
    ] as const
  ) {
    await fleet.reaches(async () => text.test(await (await fetch(url)).text()), `${url} shows ${text}`);
  }
  fleet.signal("SIGTERM");
  const { code, out, errors } = await fleet.ended();
  assert.equal(code, 0, out + errors);
  assert.doesNotMatch(out + errors, / - (ERROR|CRITICAL) - |NotCapable|--allow-/);
}
