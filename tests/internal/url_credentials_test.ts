import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { redactUserInfo } from "../../internal/redact_user_info.ts";
import { splitUserInfo } from "../../internal/url_credentials.ts";

describe("splitUserInfo", () => {
  for (
    const [url, address, user, password] of [
      ["nats://host:4222", "nats://host:4222", undefined, undefined],
      ["host:4222", "host:4222", undefined, undefined],
      ["nats://user:p%40ss@host:4222", "nats://host:4222", "user", "p@ss"],
      ["user:pass@host:4222", "host:4222", "user", "pass"],
      ["wss://t0ken@host/path", "wss://host/path", "t0ken", undefined],
      ["nats://user:a@b@host:4222", "nats://host:4222", "user", "a@b"],
      ["nats://user:a/b?c#d@host", "nats://host", "user", "a/b?c#d"],
      ["nats://user:a:b@host", "nats://host", "user", "a:b"],
      ["nats://user:100%@host", "nats://host", "user", "100%"],
      ["nats://:pass@host", "nats://host", "", "pass"],
      ["", "", undefined, undefined],
    ] as const
  ) {
    it(`splits ${JSON.stringify(url)}`, () => {
      const split = splitUserInfo(url);
      assert.deepEqual([split.address, split.user, split.password], [address, user, password]);
    });
  }
});

describe("redactUserInfo", () => {
  for (
    const [text, expected] of [
      ["nats://u:S3CRET@h:4222 is away", "nats://[redacted]@h:4222 is away"],
      ["nats://S3CRET@h", "nats://[redacted]@h"],
      ["nats://u:a@S3CRET@h", "nats://[redacted]@h"],
      ["nats://u:1234/S3CRET@h", "nats://[redacted]@h"],
      ["postgres://u:1,S3CRET@h/db", "postgres://[redacted]@h/db"],
      ["postgresql+asyncpg://u:<S3CRET@h/db", "postgresql+asyncpg://[redacted]@h/db"],
      ["nats://a:S3CRET@h1,nats://b:S3CRET@h2", "nats://[redacted]@h1,nats://[redacted]@h2"],
      ["https://u:S3CRET@h/x@1", "https://[redacted]@h/x@1"],
      ["https://u:a/S3CRET@h/x", "https://[redacted]@h/x"],
      ["https://h:8080/@scope/name", "https://h:8080/@scope/name"],
      ["nats://h:4222, mail a@b.c", "nats://h:4222, mail a@b.c"],
    ] as const
  ) {
    it(`hides what is secret in ${JSON.stringify(text)}`, () => assert.equal(redactUserInfo(text), expected));
  }
});
