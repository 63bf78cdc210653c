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

test("values of keys that name a secret are hidden, and those of similar keys are not", () => {
  const secret = [
    ...["password", "passwd", "token", "authorization", "cookie", "set-cookie", "secret", "api_key"],
    ...["accessToken", "x-api-key", "DB_PASSWORD", "apiKey", "APIKey", "APIkey", "apikey", "Authorization"],
    ...["db.password", "my secret", "passWord", "OAuthToken", "password1", "X-CSRF-Token", "Set-Cookie"],
    ...[
      "tokens",
      "api_keys",
      "proxy-authorization",
      "passphrase",
      "pass_phrase",
      "pwd",
      "db_pwd",
      "jwt",
      "userJwt",
    ],
    ...["private_key", "privateKey", "PRIVATE-KEY", "secretKey", "secretkey", "signing_key", "encryptionKey"],
    ...[
      "credential",
      "credentials",
      "aws.credentials",
      "creds",
      "NATS_CREDS",
      "nkey",
      "bearer",
      "otp",
      "totp",
      "cvv",
    ],
    // written without separators
    ...[
      "accesstoken",
      "refreshtoken",
      "authtoken",
      "x-authtoken",
      "sessiontoken",
      "apitoken",
      "xtoken",
      "dbpassword",
    ],
    ...[
      "userpassword",
      "clientsecret",
      "sessioncookie",
      "myapikey",
      "sshprivatekey",
      "dbpwd",
      "dbcredentials",
    ],
    // common words at the end of a key
    ...["pass", "db_pass", "smtpPass", "pw", "auth"],
    // the same letters in another form
    ...[
      "ＰＡＳＳＷＯＲＤ",
      "pässword",
      "pass\u00adword",
      "pass\u200bword",
      "pass_word",
      "a_".repeat(300) + "password",
    ],
  ];
  for (const key of secret) {
    const [value] = Object.values(fieldsOf({ [key]: "s3cret" }));
    assert.equal(value, R, key);
  }
  const open = [
    ...[
      "tokenize",
      "tokenizer",
      "tokenized",
      "secretary",
      "passwordless",
      "key",
      "api",
      "monkey",
      "keyApi",
      "author",
    ],
    ...["authored_by", "authority", "authorized", "auth_method", "oauth", "preauthorization", "forbearer"],
    ...[
      "public_key",
      "primary_key",
      "cache_key",
      "idempotency_key",
      "keyboard",
      "donkey",
      "turnkey",
      "hockey",
    ],
    ...[
      "pass_rate",
      "passed",
      "passenger",
      "passport",
      "bypass",
      "compass",
      "password_less_".slice(9, 13),
      "pwdx",
    ],
    ...[
      "credit",
      "accredited",
      "incredible",
      "sacred",
      "cookieless",
      "jwtless",
      "otpauth",
      "spin",
      "request_id",
    ],
  ];
  for (const key of open) assert.deepEqual(fieldsOf({ [key]: "open" }), { [key]: "open" }, key);
});

test("common words that end a key hide texts, and show numbers and booleans", () => {
  assert.deepEqual(fieldsOf({ pass: true, test_pass: 7, auth: false, db_pass: "p" }), {
    pass: true,
    test_pass: 7,
    auth: false,
    db_pass: R,
  });
});

test("values are hidden in lists of names and values", () => {
  const headers = new Headers({ authorization: "Bearer s3cret", accept: "text/plain" });
  assert.deepEqual(
    fieldsOf({
      pairs: [...headers],
      rawHeaders: ["Authorization", "Bearer s3cret", "Accept", "text/plain", "Cookie", "sid=s3cret"],
      pair: ["x-api-key", "s3cret"],
      set: new Set([["token", "s3cret"]]),
      har: [{ name: "authorization", value: "Bearer s3cret" }, { name: "accept", value: "text/plain" }],
      attribute: { key: "db.password", value: { stringValue: "s3cret" } },
      field: { field: "password", value: "s3cret", message: "too short" },
      header: { header: "Set-Cookie", values: ["sid=s3cret"] },
      map: new Map([["list", [["passphrase", "s3cret"]]]]),
    }),
    {
      pairs: [["accept", "text/plain"], ["authorization", R]],
      rawHeaders: ["Authorization", R, "Accept", "text/plain", "Cookie", R],
      pair: ["x-api-key", R],
      set: [["token", R]],
      har: [{ name: "authorization", value: R }, { name: "accept", value: "text/plain" }],
      attribute: { key: "db.password", value: R },
      field: { field: "password", value: R, message: "too short" },
      header: { header: "Set-Cookie", values: R },
      map: { list: [["passphrase", R]] },
    },
  );
  assert.deepEqual(fieldsOf({ name: "authorization", value: "s3cret" }), { name: "authorization", value: R });
  const card = [["card_number", "4111"]];
  assert.deepEqual(fieldsOf({ card }, "card_number"), { card: [["card_number", R]] });
});

test("lists and objects that only look like names and values are shown", () => {
  const fields = {
    columns: ["id", "password", "email"],
    missing: ["name", "token"],
    texts: ["the token is old", "renew it"],
    pairs: [["name", "Ann"], ["page", 2]],
    form: { name: "password", type: "text", required: true },
    item: { key: "colour", value: "red" },
    entry: { name: "tokenizer", value: "bpe" },
    counts: [["tokens_used", 7]],
  };
  assert.deepEqual(fieldsOf(fields), fields);
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
      ["/items?user[password]=k&x=1", "/items?user[password]=[redacted]&x=1"],
      ["/cb?access%5Ftoken=k", "/cb?access%5Ftoken=[redacted]"],
      [
        "https://h/cb#access_token=k&token_type=b",
        "https://h/cb#access_token=[redacted]&token_type=[redacted]",
      ],
      ["https://h/cb?x=1#id_token=k", "https://h/cb?x=1#id_token=[redacted]"],
      ["postgres://u:1234/k@h/db", "postgres://[redacted]@h/db"],
      ["postgres://u:a k@h/db", "postgres://[redacted]@h/db"],
      ['postgres://u:a"k@h/db', "postgres://[redacted]@h/db"],
      ["postgres://u:a<k@h/db", "postgres://[redacted]@h/db"],
      ["postgres://u:a@b/k@h/db", "postgres://[redacted]@h/db"],
      ["postgres://u/x:k@h/db", "postgres://[redacted]@h/db"],
      [`postgres://u:a/${"k".repeat(600)}@h/db`, "postgres://[redacted]@h/db"],
      ["postgres:\\/\\/u:k@h/db", "postgres:\\/\\/[redacted]@h/db"],
      ["next=postgres%3A%2F%2Fu%3Ak%40h", "next=postgres%3A%2F%2F[redacted]%40h"],
      ["u:k@h:5432/db", "[redacted]@h:5432/db"],
      ["wss://u:k@h:443/x@y", "wss://[redacted]@h:443/x@y"],
      ["https://h/?next=https://u:k@h2/x", "https://h/?next=https://[redacted]@h2/x"],
      // no credentials
      [
        "at file:///x/.deno/@hono+node-server@1.2.3/x.ts:3:5",
        "at file:///x/.deno/@hono+node-server@1.2.3/x.ts:3:5",
      ],
      ["https://jsr.io/@std/yaml/1.0.0/mod.ts", "https://jsr.io/@std/yaml/1.0.0/mod.ts"],
      ["http://[::1]:80/a@b", "http://[::1]:80/a@b"],
      ["nats://h:4222 as user@realm", "nats://h:4222 as user@realm"],
      ["see postgres://db: ask ops@x.com", "see postgres://db: ask ops@x.com"],
      ['{"url":"nats://h:4222","mail":"a@b.c"}', '{"url":"nats://h:4222","mail":"a@b.c"}'],
      [
        "s3://bucket/a@b npm:hono@^4.11.0 app:1.2@sha256:12ab",
        "s3://bucket/a@b npm:hono@^4.11.0 app:1.2@sha256:12ab",
      ],
      ["mailto:a@b.com:25, git@github.com:x/y", "mailto:a@b.com:25, git@github.com:x/y"],
      ["/items?page=2&tokenizer=bpe#section", "/items?page=2&tokenizer=bpe#section"],
    ] as const
  ) {
    log.info(given);
    assert.equal(last()["message"], expected);
  }
});

test("secrets with a name are found in texts: forms, connection strings, JSON, bearer tokens", () => {
  const { log, last } = capture();
  for (
    const [given, expected] of [
      ["client_secret=k&grant_type=x", "client_secret=[redacted]&grant_type=x"],
      ["host=h user=u password=k port=1", "host=h user=u password=[redacted] port=1"],
      ["host=h password='a k' port=1", "host=h password=[redacted] port=1"],
      ['body {"name":"x","password": "a\\"k"}', 'body {"name":"x","password":"[redacted]"}'],
      ['cut {"token":"abc', 'cut {"token":"[redacted]"'],
      ["Authorization: Bearer abcdefghijklmnop.q", "Authorization: Bearer [redacted]"],
      ["a bearer of news, x=1, author=ann", "a bearer of news, x=1, author=ann"],
      ['{"author":"ann","count":2}', '{"author":"ann","count":2}'],
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
  for (const part of ["://", "://a:b", "?a=", "a", "://a:b/?c=d&e@", '"a":"', 'a="', "x:y@", "bearer "]) {
    log.info("x", { text: part.repeat(50_000) });
  }
  assert.equal(lines().length, 9);
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
