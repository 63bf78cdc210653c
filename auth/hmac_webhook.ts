import type { NextLike } from "../api/_hono.ts";
import { markRoute } from "../api/_route_meta.ts";
import { type RawBodyContext, readRawBody } from "../api/raw_body.ts";
import { requestLogger } from "../api/request_logger.ts";
import { ConflictError, UnauthorizedError } from "../errors/common.ts";
import { assertNumber } from "../internal/assert_number.ts";
import type { Revealable } from "../internal/reveal.ts";
import { hmacSha256, isEqualInConstantTime, sha256 } from "./_digest.ts";
import { assertName } from "./_options.ts";
import { secretsOf } from "./_secrets.ts";
import { github, shopify, stripe } from "./_webhook_forms.ts";
import type { WebhookForm } from "./webhook_form.ts";
import { createMemoryWebhookStore, type WebhookStore } from "./webhook_store.ts";

/** Options of {@link hmacWebhook}. */
export interface HmacWebhookOptions {
  /** Who sends, and so how it is signed. */
  readonly form: "github" | "shopify" | "stripe" | WebhookForm;
  /** The secret that is shared with the sender; while it is rotated the new and the old one. */
  readonly secret: string | Revealable | readonly (string | Revealable)[];
  /**
   * Where webhooks are remembered for 7 days.
   * @default in the memory of this process; with several replicas give `createPostgresWebhookStore(db)`
   */
  readonly store?: WebhookStore | undefined;
  /**
   * What makes two webhooks the same beside the id, which is not signed: the same body; or the same body under the same
   * topic, for a sender that sends one body for several topics. Then whoever has a copy of a webhook can send it under
   * another topic.
   * @default "body"
   */
  readonly sameBy?: "body" | "body and topic" | undefined;
  /**
   * Seconds that a webhook may be old whose time is signed, from 1 to 3600; also into the future.
   * @default 300
   */
  readonly toleranceSeconds?: number | undefined;
  /**
   * Keeps webhooks of two senders of one form apart in one store.
   * @default the name of the form
   */
  readonly name?: string | undefined;
}

/** A webhook whose signature is right; `c.var.webhook`. */
export interface Webhook {
  /** Id of the event, as the sender says; without one, a hash of the body. A key for the outbox. */
  readonly id: string;
  /** Name of the form. */
  readonly form: string;
  /** The body, as it was signed. It stays readable through `c.req`, too. */
  readonly body: Uint8Array;
  /** What the headers say, such as `topic` and `shop`. It is not signed: whoever has a copy of a webhook can change it. */
  readonly unverified: Readonly<Record<string, string | undefined>>;
}

/** What {@link hmacWebhook} adds to `c.var`. */
export type WebhookVariables = {
  /** The webhook. */
  webhook: Webhook;
};

/** A middleware that lets through what is signed, once. */
export type WebhookMiddleware = (c: RawBodyContext, next: NextLike) => Promise<Response | void>;

const FORMS: Readonly<Record<string, WebhookForm>> = { github, shopify, stripe };
const MAX_BYTES = 1024 * 1024;
const KEEP_MS = 7 * 24 * 3_600_000;
/** So long a handler has a webhook for itself. */
const LEASE_MS = 60_000;

/**
 * A middleware for webhooks: it reads the body as it is, up to 1 MiB, compares its signature before anything parses it, and
 * lets each webhook through once. What is in `c.var.webhook` is right.
 *
 * A wrong signature is a 401 that does not say more. A webhook that was handled is answered 200 without the handler; one
 * that is being handled is a 409, and one whose handler failed is handled when it comes again.
 *
 * @example
 * ```ts
 * import { glamMiddleware } from "@glam/shared/api";
 * import { hmacWebhook, type WebhookVariables } from "@glam/shared/auth";
 * import { Hono } from "hono";
 *
 * const app = new Hono<{ Variables: WebhookVariables }>();
 * app.use(glamMiddleware());
 * app.post("/webhooks/github", hmacWebhook({ form: "github", secret: "It's a Secret to Everybody" }), (c) => {
 *   return c.text(c.var.webhook.unverified["topic"] ?? "");
 * });
 *
 * const response = await app.request("/webhooks/github", {
 *   method: "POST",
 *   headers: {
 *     "X-GitHub-Event": "ping",
 *     "X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
 *   },
 *   body: "Hello, World!",
 * });
 * console.log(response.status, await response.text()); // 200 ping
 * ```
 *
 * @throws {TypeError} when an option is not what it should be.
 * @throws {RangeError} when `toleranceSeconds` is out of its range.
 */
export function hmacWebhook(options: HmacWebhookOptions): WebhookMiddleware {
  const { sameBy = "body", toleranceSeconds = 300, store = createMemoryWebhookStore() } = options;
  const form = formOf(options.form);
  const { name = form.name } = options;
  const secrets = secretsOf("secret", options.secret);
  assertName(name);
  assertNumber("toleranceSeconds", toleranceSeconds, 1, 3600);
  if (sameBy !== "body" && sameBy !== "body and topic") {
    throw new TypeError(
      `Expected \`sameBy\` to be "body" or "body and topic", got ${JSON.stringify(sameBy)}`,
    );
  }

  function verify(headers: Headers, body: Uint8Array): void {
    const given = form.signatures(headers).map((signature) => decode(signature, form.encoding));
    if (given.length === 0) throw new UnauthorizedError("The webhook is not signed");
    const signed = form.signed?.(headers, body) ?? [body];
    const isRight = secrets.some((secret) => {
      const expected = hmacSha256(secret, signed);
      return given.some((signature) => signature !== undefined && isEqualInConstantTime(signature, expected));
    });
    if (!isRight) throw new UnauthorizedError("The signature of the webhook is wrong");
    const signedAt = form.signedAt?.(headers);
    if (signedAt !== undefined && !(Math.abs(Date.now() / 1000 - signedAt) <= toleranceSeconds)) {
      throw new UnauthorizedError(`The webhook was not signed within ${toleranceSeconds} seconds`);
    }
  }

  async function webhook(c: RawBodyContext, next: NextLike): Promise<Response | void> {
    const { headers } = c.req.raw;
    const body = await readRawBody(c, MAX_BYTES);
    try {
      verify(headers, body);
    } catch (error) {
      requestLogger(c)?.info("Webhook refused", { form: name, reason: (error as Error).message });
      throw new UnauthorizedError(); // without the reason
    }
    const id = form.id?.(headers, body);
    const unverified = form.unverified?.(headers) ?? {};
    const topic = sameBy === "body" ? "" : unverified["topic"] ?? "";
    const hash = sha256(body);
    const keys = [`body\n${hash}\n${topic}`, ...id === undefined ? [] : [`id\n${id}`]]
      .map((key) => sha256(`${name}\n${key}`));
    const state = await store.begin(keys, LEASE_MS);
    if (state === "running") throw new ConflictError("The webhook is being handled");
    if (state === "done") {
      requestLogger(c)?.info("Webhook handled before", { form: name, topic: unverified["topic"] });
      return new Response(null, { status: 200 });
    }
    c.set("webhook" as never, { id: id ?? `sha256:${hash}`, form: name, body, unverified } as never);
    await handleOnce(c, next, keys);
  }

  async function handleOnce(c: RawBodyContext, next: NextLike, keys: readonly string[]): Promise<void> {
    let isHandled = false;
    try {
      await next();
      isHandled = c.error === undefined && c.res.status < 400;
    } finally {
      try {
        await (isHandled ? store.finish(keys, KEEP_MS) : store.forget(keys));
      } catch (error) { // the answer stays: what was done is done
        requestLogger(c)?.error("It could not be noted whether a webhook was handled", { form: name, error });
      }
    }
  }

  return markRoute(webhook, { authenticates: true });
}

function formOf(form: HmacWebhookOptions["form"]): WebhookForm {
  const found = typeof form === "string" ? Object.hasOwn(FORMS, form) ? FORMS[form] : undefined : form;
  if (typeof found?.signatures === "function" && /^(base64|hex)$/.test(found.encoding)) return found;
  throw new TypeError(
    `Expected \`form\` to be "github", "shopify", "stripe" or an object that says how it is signed, got ${
      JSON.stringify(form)
    }`,
  );
}

/** The bytes of a signature, or `undefined` where it is not written as it should be. */
function decode(signature: string, encoding: "base64" | "hex"): Uint8Array | undefined {
  if (encoding === "hex") {
    if (!/^([0-9a-f]{2}){32}$/i.test(signature)) return undefined;
    return Uint8Array.from(signature.match(/../g)!, (byte) => parseInt(byte, 16));
  }
  if (!/^[A-Za-z0-9+/]{43}=$/.test(signature)) return undefined;
  return Uint8Array.from(atob(signature), (char) => char.charCodeAt(0));
}
