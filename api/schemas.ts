import * as z from "zod";
import type { ErrorEnvelope } from "../errors/envelope.ts";
import type { ApiResponse, SuccessEnvelope } from "./envelope.ts";

/** The schema of a success envelope around `data`: for clients, tests and OpenAPI. */
export function envelopeOf<Schema extends z.ZodType>(
  data: Schema,
): z.ZodType<SuccessEnvelope<z.output<Schema>> & Pick<ApiResponse, "pagination">> {
  return z.object({
    data,
    meta: meta(),
    pagination: z.union([pagination(), cursorPagination()]).optional(),
    links: links().optional(),
  }) as never;
}

/** The schema of an error envelope. It is built when it is first used: building it costs more than importing the rest. */
export const errorEnvelope: z.ZodType<ErrorEnvelope> = /* @__PURE__ */ z.lazy(() =>
  z.object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      details: z.record(z.string(), z.unknown()).optional(),
    }),
    meta: meta(),
  })
) as never;

function meta(): z.ZodType {
  return z.object({
    request_id: z.string(),
    correlation_id: z.string(),
    timestamp: z.iso.datetime({ offset: true }),
  });
}

function pagination(): z.ZodType {
  const count = z.number().int().min(0);
  return z.object({
    page: z.number().int().min(1),
    limit: z.number().int().min(1),
    total: count,
    pages: count,
    has_next: z.boolean(),
    has_previous: z.boolean(),
  });
}

function cursorPagination(): z.ZodType {
  return z.object({
    limit: z.number().int().min(1),
    has_next: z.boolean(),
    has_previous: z.boolean(),
    next_cursor: z.string().optional(),
    previous_cursor: z.string().optional(),
  });
}

function links(): z.ZodType {
  const link = z.string().optional();
  return z.object({ self: z.string(), next: link, previous: link, first: link, last: link });
}
