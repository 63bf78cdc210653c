import { UnauthorizedError } from "../errors/common.ts";
import { AUTHORIZATION } from "./_credential.ts";
import { isEqualInConstantTime, sha256 } from "./_digest.ts";
import { textOf } from "./_identity.ts";
import { assertName } from "./_options.ts";
import type { AuthenticationStrategy } from "./strategy.ts";

/** What is known of an API key: a row of a table, with what else the table has. */
export interface ApiKeyRecord {
  /** Id of the key: `subject` of the principal. */
  readonly id: string | number;
  /** SHA-256 of the key in hexadecimal digits. */
  readonly hash: string;
  /** What the key may do. */
  readonly scopes?: readonly string[] | null | undefined;
  /** When it ends. */
  readonly expires_at?: Date | null | undefined;
}

/** Options of {@link apiKey}. */
export interface ApiKeyOptions {
  /**
   * The key with this SHA-256, in hexadecimal digits, or nothing. Found keys are asked for again after a minute: so long a
   * revoked one may go on working.
   */
  readonly find: (hash: string) => Promise<ApiKeyRecord | null | undefined> | ApiKeyRecord | null | undefined;
  /**
   * Header that has the key.
   * @default "x-api-key"
   */
  readonly header?: string | undefined;
  /**
   * Name of the strategy.
   * @default "apiKey"
   */
  readonly name?: string | undefined;
}

/**
 * Keys in a header of their own, for programs of customers. Only their SHA-256 is looked up and need be stored: make keys by
 * `createApiKey`. The claims of the principal are the rest of the record, and the context gets the tenant from its
 * `merchant_id` and the user from its `user_id`.
 *
 * @throws {TypeError} when an option is not what it should be.
 */
export function apiKey(options: ApiKeyOptions): AuthenticationStrategy {
  const { find, header: headerName = "x-api-key", name = "apiKey" } = options;
  const header = String(headerName).toLowerCase();
  assertName(name);
  if (typeof find !== "function") {
    throw new TypeError(`Expected \`find\` to be a function, got ${typeof find}`);
  }
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(header) || header === AUTHORIZATION) {
    throw new TypeError(`Expected \`header\` to be a header of its own, got ${JSON.stringify(headerName)}`);
  }
  return {
    name,
    header,
    securityScheme: { type: "apiKey", in: "header", name: headerName },
    takes: () => true,
    async verify({ value }) {
      const hash = sha256(value);
      const record = await find(hash);
      if (record === null || record === undefined) throw new UnauthorizedError("Nobody knows the API key");
      const { hash: stored, ...claims } = record;
      if (!isEqualInConstantTime(bytes(stored), bytes(hash))) {
        throw new UnauthorizedError("`find` gave another API key than the one that was asked for");
      }
      const expiresAt = record.expires_at?.getTime() ?? Infinity;
      if (!(Date.now() < expiresAt)) throw new UnauthorizedError("The API key has expired");
      const { merchant_id, user_id } = claims as Record<string, unknown>;
      return {
        principal: {
          kind: name === "apiKey" ? "api_key" : name,
          subject: textOf("id", record.id) ?? "",
          scopes: [...record.scopes ?? []],
          claims: { ...claims },
        },
        context: { merchantId: merchant_id, userId: user_id },
        expiresAt,
      };
    },
  };
}

function bytes(hash: string): Uint8Array {
  return new TextEncoder().encode(String(hash).toLowerCase());
}
