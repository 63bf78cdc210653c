import { createServiceClient, type Transport } from "@glam/shared/client";
import { GetItem } from "./contract_alone.ts";

/** The same contract with a client. */
export default {
  async fetch(_: Request, { CATALOG }: { readonly CATALOG: Transport }): Promise<Response> {
    await using catalog = createServiceClient({
      service: "catalog",
      endpoints: { GetItem },
      transport: CATALOG,
    });
    return Response.json(await catalog.GetItem({ params: { id: "7" } }));
  },
};
