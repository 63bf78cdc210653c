import type { DeadLetter } from "../../messaging/dead_letters/dead_letters.ts";
import type { Operator } from "../options.ts";

/** Whether the operator may see an event, by the merchant in its data; `undefined` where it may see all. */
export function eventGuard({ merchants }: Operator): ((event: unknown) => boolean) | undefined {
  if (merchants === undefined) return undefined;
  const allowed = new Set(merchants);
  return (event) => {
    const { data } = (event ?? {}) as { readonly data?: unknown };
    const { merchant_id } = (typeof data === "object" ? data ?? {} : {}) as {
      readonly merchant_id?: unknown;
    };
    return typeof merchant_id === "string" && allowed.has(merchant_id);
  };
}

/** As {@link eventGuard}, of a dead letter that was read with its payload. */
export function letterGuard(operator: Operator): ((letter: DeadLetter) => boolean) | undefined {
  const guard = eventGuard(operator);
  return guard && ((letter) => guard(letter.event));
}
