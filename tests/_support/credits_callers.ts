/**
 * Who calls the credits example in tests.
 *
 * @module
 */
import { authenticate, type Authentication } from "@glam/shared/auth";
import { type TestIdentity, testIdentity } from "@glam/shared/testing";

const issued = { issuer: "https://id.credits.test/", audience: "credits" };

/** An operator, who may do everything for every merchant. */
export function operator(): Promise<TestIdentity> {
  return testIdentity({
    ...issued,
    subject: "operator",
    scopes: ["merchants:all", "credits:read", "credits:refund", "credits:write"],
  });
}

/** A merchant, who may do everything for itself. */
export function merchant(
  merchantId: string,
  scopes: readonly string[] = ["credits:read", "credits:write"],
): Promise<TestIdentity> {
  return testIdentity({ ...issued, subject: "owner", merchantId, scopes });
}

/** The guards of an application that takes their tokens. */
export async function guards(): Promise<{ readonly authenticate: Authentication }> {
  return { authenticate: authenticate([(await operator()).strategy]) };
}

/** The variables of a process that takes their tokens. */
export async function variables(): Promise<Record<string, string>> {
  const { jwks } = await operator();
  return {
    CREDITS_AUTH__ISSUER: issued.issuer,
    CREDITS_AUTH__AUDIENCE: issued.audience,
    CREDITS_AUTH__JWKS: JSON.stringify(jwks),
  };
}
