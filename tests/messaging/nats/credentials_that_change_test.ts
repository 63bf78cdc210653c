import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectNats, type NatsOptions } from "@glam/shared/messaging";
import { nkeys } from "@nats-io/nats-core";
import { startNats } from "../../_support/nats_server.ts";
import { waitFor } from "../../_support/wait_for.ts";

/** A secret that reveals what is right, or else what is wrong, and counts how often it is asked. */
function changingSecret(right: string, wrong: string) {
  const secret = { asked: 0, isRight: true, reveal: () => (secret.asked++, secret.isRight ? right : wrong) };
  return secret;
}

async function provesAnew(
  config: string,
  right: string,
  wrong: string,
  toOptions: (secret: { reveal(): string }) => NatsOptions,
): Promise<void> {
  await using server = await startNats({ config });
  const secret = changingSecret(right, wrong);
  await using bus = await connectNats({ servers: server.url, reconnectDelayMs: 10, ...toOptions(secret) });
  assert.equal(bus.connected, true);
  secret.isRight = false;
  await server.restart();
  const asked = secret.asked;
  await waitFor(() => secret.asked >= asked + 2, "it is asked again at each attempt");
  assert.equal(bus.connected, false);
  secret.isRight = true;
  await waitFor(() => bus.connected, "it is connected with what the secret reveals now");
}

describe("a secret that changes is asked anew at each reconnection", () => {
  it("as a password", () =>
    provesAnew(
      "authorization { user: app, password: one }",
      "one",
      "two",
      (pass) => ({ user: "app", pass }),
    ));

  it("as a token", () => provesAnew("authorization { token: one }", "one", "two", (token) => ({ token })));

  it("as a seed", async () => {
    const [right, wrong] = [nkeys.createUser(), nkeys.createUser()];
    const seedOf = (key: typeof right) => new TextDecoder().decode(key.getSeed());
    const config = `authorization { users: [{ nkey: ${right.getPublicKey()} }] }`;
    await provesAnew(config, seedOf(right), seedOf(wrong), (nkey) => ({ nkey }));
  });

  it("and keeps its last text where it fails", async () => {
    await using server = await startNats({ config: "authorization { token: one }" });
    let fails = false;
    const token = {
      reveal() {
        if (fails) throw new Error("the vault is away");
        return "one";
      },
    };
    await using bus = await connectNats({ servers: server.url, reconnectDelayMs: 10, token });
    fails = true;
    let losses = 0;
    bus.onStateChange(({ type }) => void (type === "disconnected" && losses++));
    await server.restart();
    await waitFor(() => losses > 0 && bus.connected, "it is connected again");
  });
});
