import { createServiceTokenSource } from "@glam/shared/auth";
import { createServiceClient, type ServiceClient } from "@glam/shared/client";
import type { Secret } from "@glam/shared/config";
import { getContext } from "@glam/shared/context";
import type { LoggerLike } from "@glam/shared/api";
import type { Metrics } from "@glam/shared/metrics";
import { DeductCredits, RefundCredits } from "../../credits/endpoints.ts";

/** A client of what orders asks of credits. */
export type CreditsClient = ServiceClient<
  { DeductCredits: typeof DeductCredits; RefundCredits: typeof RefundCredits }
>;

/** Where credits is, and the key that calls are signed with. */
export interface CreditsConfig {
  readonly url: string;
  readonly privateKey: Secret;
}

/** A client of credits, which calls for the merchant of the context. */
export function createCreditsClient(
  { url, privateKey }: CreditsConfig,
  parts: { readonly metrics?: Metrics; readonly logger?: LoggerLike } = {},
): CreditsClient {
  const tokenFor = createServiceTokenSource({
    issuer: "orders",
    privateKey,
    claims: () => ({ merchant_id: getContext()?.merchantId }),
  });
  return createServiceClient({
    service: "credits",
    baseUrl: url,
    endpoints: { DeductCredits, RefundCredits },
    timeoutMs: 2000,
    trusted: true, // it is told how much time is left
    headers: async () => ({ authorization: `Bearer ${await tokenFor("credits")}` }),
    ...parts,
  });
}
