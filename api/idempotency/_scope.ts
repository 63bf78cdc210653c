import { currentContext } from "../../context/storage.ts";
import type { AnyEndpoint } from "../../contract/endpoint.ts";
import { UnauthorizedError } from "../../errors/common.ts";
import type { EndpointContext } from "../_endpoint_context.ts";
import type { Guards, Principal } from "../guards.ts";
import type { IdempotencyOptions } from "./options.ts";
import { sha256 } from "./_sha256.ts";

/** Scopes that are stored as they are. Others are hashed: a longer one may exceed an index row. */
const PLAIN = /^[\x20-\x7e]{1,255}$/;

/** Whose key the key of a request is. */
export async function scopeOf(
  c: EndpointContext,
  { auth, route }: AnyEndpoint,
  own: IdempotencyOptions["scope"],
): Promise<string> {
  const scope = own === undefined ? identityOf(c) : own(c);
  if (typeof scope !== "string") {
    if (own !== undefined) throw new TypeError(`Expected \`scope\` to give a text, got ${typeof scope}`);
    // Keys of callers that cannot be told apart would give the one the answers of the other.
    if (auth === "optional") throw new UnauthorizedError("An Idempotency-Key takes a caller");
    throw unscoped(route);
  }
  return PLAIN.test(scope) ? scope : `sha256:${await sha256(JSON.stringify(scope))}`;
}

/** Checks that callers of an endpoint can be told apart. */
export function checkScope({ auth, route }: AnyEndpoint, { authenticate }: Guards): void {
  if (authenticate === undefined || auth === "none") throw unscoped(route);
}

function identityOf(c: EndpointContext): string | undefined {
  const { merchantId, userId, sourceService } = currentContext() ?? {};
  if ((merchantId ?? userId ?? sourceService) !== undefined) {
    return JSON.stringify([merchantId ?? null, userId ?? null, sourceService ?? null]);
  }
  const principal = c.get("principal" as never) as Principal | undefined;
  return principal === undefined ? undefined : JSON.stringify([principal.kind, principal.subject]);
}

function unscoped(route: string): TypeError {
  return new TypeError(
    `The endpoint "${route}" takes keys, and nothing tells its callers apart: ` +
      "authenticate them, or say whose keys they are with `idempotency({ scope })`",
  );
}
