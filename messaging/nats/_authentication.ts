import type { Authenticator, ConnectionOptions } from "@nats-io/nats-core";
import { readEnv } from "../../internal/environment.ts";
import { currentText, reveal, type Revealable } from "../../internal/reveal.ts";
import { busError } from "../bus/_bus_error.ts";
import type { NatsOptions } from "./nats_options.ts";
import type { NatsServers } from "./_servers.ts";

/**
 * The credentials of a connection: those of the options, else those in the URLs of the servers, else those of the
 * environment. Secrets are asked anew at each connection and reconnection.
 *
 * @throws {TypeError} when the options have several kinds.
 * @throws {MessageBusError} with kind `refused` when a seed or a `.creds` text is malformed. The error does not repeat it.
 */
export async function authentication(
  options: NatsOptions,
  servers: NatsServers,
): Promise<Partial<ConnectionOptions>> {
  const { token, creds, nkey, user, pass } = options;
  const given = Object.entries({ user, token, creds, nkey }).filter(([, value]) => value !== undefined);
  if (given.length > 1) {
    throw new TypeError(
      `Expected one kind of credentials, got ${given.map(([name]) => `\`${name}\``).join(" and ")}`,
    );
  }
  if (token !== undefined) return { authenticator: tokenOf(currentText(token)) };
  if (user !== undefined) {
    return pass === undefined ? { user } : { authenticator: userOf(user, currentText(pass)) };
  }
  if (creds !== undefined || nkey !== undefined) {
    const { credsAuthenticator, nkeyAuthenticator } = await import("@nats-io/nats-core");
    const current = currentText(creds ?? nkey);
    const encoder = new TextEncoder();
    const authenticator = creds === undefined
      ? nkeyAuthenticator(() => encoder.encode(current()!.trim()))
      : credsAuthenticator(() => encoder.encode(`${current()!.trim()}\n`));
    assertSigns(authenticator, creds === undefined ? "nkey" : "creds");
    return { authenticator };
  }
  if (servers.user !== undefined) {
    return servers.password === undefined
      ? { token: servers.user }
      : { user: servers.user, pass: servers.password };
  }
  const fromEnvironment = readEnv("NATS_USER");
  if (fromEnvironment === undefined) return {};
  return { user: fromEnvironment, pass: readEnv("NATS_PASSWORD") ?? "" };
}

function tokenOf(current: () => string | undefined): Authenticator {
  current(); // a secret that fails does so here
  return () => ({ auth_token: current()! });
}

function userOf(user: string, current: () => string | undefined): Authenticator {
  current();
  return () => ({ user, pass: current()! });
}

/** Signs once. The client would do so only in answer to the server, and then wait for its timeout. */
function assertSigns(authenticator: (nonce?: string) => unknown, option: "creds" | "nkey"): void {
  try {
    authenticator("nonce");
  } catch {
    const expected = option === "nkey" ? "the seed of an NKey, such as SUA..." : "the text of a .creds file";
    throw busError("refused", `Cannot connect: expected \`${option}\` to be ${expected}, got another text`, {
      operation: "connect",
    });
  }
}

/** The text of an option, or of a secret. */
export function textOf(value: string | Revealable): string {
  return reveal(value) as string;
}
