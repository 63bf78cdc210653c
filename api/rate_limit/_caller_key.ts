import { getContext } from "../../context/storage.ts";
import { remembered } from "../../internal/remembered.ts";
import { clientIp } from "../client_ip.ts";
import type { ContextLike } from "../_hono.ts";
import type { Principal } from "../guards.ts";
import { addressKey } from "./_hash_key.ts";

/** The key of a client by its address; `undefined` where that is not known. */
export function keyByAddress(c: ContextLike): string | undefined {
  const address = clientIp(c);
  return address === undefined ? undefined : keyOfAddress(address);
}

const keyOfAddress = /* @__PURE__ */ remembered((address) => `address ${addressKey(address)}`, 1000);

/** The key of a caller as authentication found it, else by its address. No header of a client is believed. */
export function keyByCaller(c: ContextLike): string | undefined {
  const { merchantId, userId, sourceService } = getContext() ?? {};
  if (merchantId !== undefined) return `merchant ${merchantId}`;
  const principal = c.get("principal" as never) as Principal | undefined;
  if (principal !== undefined) return `principal ${principal.kind} ${principal.subject}`;
  if (userId !== undefined) return `user ${userId}`;
  if (sourceService !== undefined) return `service ${sourceService}`;
  return keyByAddress(c);
}
