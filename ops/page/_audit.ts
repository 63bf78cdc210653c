import type { LogFields } from "../../logging/logger.ts";
import type { OpsContext, OpsParts } from "./_ops_context.ts";

/** Writes the line that says who did what; ids of the request are added by the logger. */
export function audit(c: OpsContext, { logger }: OpsParts, action: string, fields: LogFields): void {
  logger.info("Operator action", { operator: c.env.operator.name, action, ...fields });
}
