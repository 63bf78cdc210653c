import assert from "node:assert/strict";
import { test } from "node:test";
import type { RedactRule } from "@glam/shared/logging";
import { capture } from "./_capture.ts";

const R = "[redacted]";

function fieldsOf(fields: Record<string, unknown>, redact?: RedactRule | readonly RedactRule[]) {
  const { log, last } = capture({ redact });
  log.info("x", fields);
  const { timestamp: _t, level: _l, service: _s, message: _m, environment: _e, ...rest } = last();
  return rest;
}

test("values of keys that have a secret's name as a whole word are hidden", () => {
  const secret = [
    ...["password", "passwd", "token", "authorization", "cookie", "set-cookie", "secret", "api_key"],
    ...["accessToken", "x-api-key", "DB_PASSWORD", "apiKey", "APIKey", "APIkey", "apikey", "Authorization"],
    ...["db.password", "my secret", "passWord", "OAuthToken", "password1", "X-CSRF-Token", "Set-Cookie"],
    ...["tokens", "api_keys", "proxy-authorization"],
  ];
  for (const key of secret) assert.deepEqual(fieldsOf({ [key]: "s3cret" }), { [key]: R }, key);
  const open = [
    ...["tokenize", "tokenizer", "secretary", "passwordless", "key", "api", "monkey", "keyApi", "author"],
    ...["cookies_", "compassword"].slice(1),
  ];
  for (const key of open) assert.deepEqual(fieldsOf({ [key]: "open" }), { [key]: "open" }, key);
});

test("the plural of a secret's name with a number or a boolean is a count", () => {
  assert.deepEqual(fieldsOf({ tokens_used: 7, maxTokens: 5, tokens: ["a"], token: 7 }), {
    tokens_used: 7,
    maxTokens: 5,
    tokens: R,
    token: R,
  });
});

test("secrets are hidden at any depth and in every kind of container", () => {
  class Session {
    id = 1;
    accessToken = "t";
  }
  assert.deepEqual(
    fieldsOf({
      list: [{ deep: { deeper: { password: "p", ok: 1 } } }],
      map: new Map<unknown, unknown>([["api_key", "k"], ["user", new Map([["secret", 1]])]]),
      set: new Set([{ token: "t" }]),
      session: new Session(),
      headers: new Headers({ authorization: "Bearer x", accept: "text/plain" }),
      query: new URLSearchParams("token=t&a=1&a=2"),
      json: { toJSON: () => ({ cookie: "c", a: 1 }) },
    }),
    {
      list: [{ deep: { deeper: { password: R, ok: 1 } } }],
      map: { api_key: R, user: { secret: R } },
      set: [{ token: R }],
      session: { id: 1, accessToken: R },
      headers: { authorization: R, accept: "text/plain" },
      query: { token: R, a: ["1", "2"] },
      json: { cookie: R, a: 1 },
    },
  );
});

test("URLs lose their credentials in every text", () => {
  const { log, last, text } = capture();
  const url = "postgres://user:hunter2@host:5432/db";
  const error = new Error(`cannot reach ${url}`, { cause: new Error(`refused: ${url}`) });
  log.error(`failed ${url}`, { error, url, nested: [{ url }], map: new Map([[url, 1]]), u: new URL(url) });
  assert.equal(last()["message"], "failed postgres://[redacted]@host:5432/db");
  assert.equal(last()["url"], "postgres://[redacted]@host:5432/db");
  assert.match(last()["exception"], /refused: postgres:\/\/\[redacted\]@host:5432\/db/);
  assert.doesNotMatch(text[0]!, /hunter2|user:/);
});

test("credentials are found in the URLs that people write", () => {
  const { log, last } = capture();
  for (
    const [given, expected] of [
      ["nats://token@h:4222", "nats://[redacted]@h:4222"],
      ["postgres://u:p@ss@h/db", "postgres://[redacted]@h/db"],
      ["postgres://u:p/a#s?s@h/db", "postgres://[redacted]@h/db"],
      ["nats://a:b@h1:4222,nats://c:d@h2:4222", "nats://[redacted]@h1:4222,nats://[redacted]@h2:4222"],
      ["https://h:8080/@scope/name", "https://h:8080/@scope/name"],
      ["https://h/path?mail=a@b.c", "https://h/path?mail=a@b.c"],
      ["see https://h/ and a@b.c", "see https://h/ and a@b.c"],
      ["https://h/?access_token=abc&page=2#x", "https://h/?access_token=[redacted]&page=2#x"],
      ["/items?page=2&api_key=k", "/items?page=2&api_key=[redacted]"],
    ] as const
  ) {
    log.info(given);
    assert.equal(last()["message"], expected);
  }
});

test("a URL that is cut at the limit does not show its credentials", () => {
  const { log, last } = capture();
  const limit = 8192;
  log.info("x".repeat(limit - 20) + "postgres://user:hunter2@host/db");
  assert.doesNotMatch(last()["message"], /hunt|user/);
});

test("text that looks for a long time like a URL costs little", () => {
  const { log, lines } = capture();
  for (const part of ["://", "://a:b", "?a=", "a", "://a:b/?c=d&e@"]) {
    log.info("x", { text: part.repeat(50_000) });
  }
  assert.equal(lines().length, 5);
});

test("rules add names, patterns and functions", () => {
  assert.deepEqual(fieldsOf({ cardNumber: 1, card_number: 2, card: 3, token: 4 }, ["card_number"]), {
    cardNumber: R,
    card_number: R,
    card: 3,
    token: R,
  });
  assert.deepEqual(fieldsOf({ ssn: 1, xssn: 2 }, "ssn"), { ssn: R, xssn: 2 });
  const global = /^x-/gi;
  assert.deepEqual(fieldsOf({ a: { "x-1": 1, "X-2": 2, y: 3 } }, global), {
    a: { "x-1": R, "X-2": R, y: 3 },
  });
  const isIban = (key: string, value: unknown) => key !== "ok" && String(value).startsWith("DE");
  assert.deepEqual(fieldsOf({ a: ["DE1"], b: { c: "DE2", ok: "DE3" } }, isIban), {
    a: R,
    b: { c: R, ok: "DE3" },
  });
});

test("a rule that throws hides the value", () => {
  const rule = () => {
    throw new Error("no");
  };
  assert.deepEqual(fieldsOf({ a: 1 }, rule), { a: R });
});

test("the objects of the caller are left as they were", () => {
  const fields = Object.freeze({ password: "p", list: Object.freeze([{ token: "t" }]) });
  const { log } = capture();
  log.info("x", fields);
  log.child(fields).info("y");
  assert.deepEqual(fields, { password: "p", list: [{ token: "t" }] });
});
