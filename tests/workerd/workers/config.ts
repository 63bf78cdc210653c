import { databaseConfig, loadConfig, secret, serviceConfig } from "@glam/shared/config";
import { isGlamError } from "@glam/shared/errors";
import * as z from "zod";

const schema = z.object({
  service: serviceConfig,
  database: databaseConfig,
  apiKey: secret(),
  tags: z.array(z.string()),
  limits: z.object({ gold: z.int() }),
  beta: z.boolean().default(false),
});

/** Answers with its configuration, from the binding object or, at `/process`, from the process. */
export default {
  async fetch(request: Request, env: Readonly<Record<string, unknown>>): Promise<Response> {
    const isProcess = new URL(request.url).pathname === "/process";
    try {
      const config = await loadConfig({ service: "catalog", schema, ...(isProcess ? {} : { env }) });
      console.log(config);
      return Response.json({ config, key: config.apiKey.reveal().length, text: `${config.apiKey}` });
    } catch (error) {
      return Response.json({ problems: isGlamError(error) ? error.details["problems"] : String(error) });
    }
  },
};
