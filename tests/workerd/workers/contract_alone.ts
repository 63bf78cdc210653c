import { defineEndpoint, type Endpoint } from "@glam/shared/contract";
import { NotFoundError } from "@glam/shared/errors";
import * as z from "zod";

/** A contract without a client, to weigh what a client adds. */
export const GetItem: Endpoint<"GET /items/:id", {
  params: { id: string };
  data: { id: string };
  errors: NotFoundError;
}> = defineEndpoint("GET /items/:id", {
  params: z.object({ id: z.string() }),
  data: z.object({ id: z.string() }),
  errors: [NotFoundError],
});

export default { fetch: (): Response => Response.json(GetItem.route) };
