import { currentContext } from "../../context/storage.ts";
import { ForbiddenError } from "../../errors/common.ts";
import type { Tenant } from "./_insert.ts";
import type { Table } from "../table/table.ts";

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * The tenant of a call: the given merchant, else the merchant of the request's context.
 *
 * @throws {ForbiddenError} when there is neither.
 */
export function tenantOf({ name, mixins }: Table, given: Tenant | undefined): Tenant | undefined {
  if (!mixins.merchantScoped) return undefined;
  const { merchantId, merchantDomain } = currentContext() ?? {};
  const id = given?.id ?? merchantId;
  if (typeof id !== "string" || !UUID.test(id)) {
    throw new ForbiddenError(
      id === undefined || id === "" ? "The request has no merchant" : "The id of the merchant is not one",
      { resource: name },
    );
  }
  const domain = given?.domain ?? (id === merchantId ? merchantDomain : undefined);
  return { id, domain };
}
