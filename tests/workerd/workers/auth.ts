import { glamMiddleware, type GlamVariables, implement } from "@glam/shared/api";
import {
  authenticate,
  createServiceTokenSource,
  hmacWebhook,
  jwt,
  serviceToken,
  type WebhookVariables,
} from "@glam/shared/auth";
import { getContext } from "@glam/shared/context";
import { defineEndpoint } from "@glam/shared/contract";
import { Hono } from "hono";
import process from "node:process";
import * as z from "zod";

const GetMe = defineEndpoint("GET /me", { data: z.object({ user: z.string(), source: z.string() }) });

type Variables = GlamVariables & WebhookVariables;

/** Made with the first request, when the variables are there. */
function createApp(): Hono<{ Variables: Variables }> {
  const { ISSUER = "", JWKS = "", SERVICE_KEYS = "", PRIVATE_KEY = "" } = process.env;
  const app = new Hono<{ Variables: Variables }>();
  const guard = authenticate([
    jwt({ issuer: ISSUER, audience: "catalog", jwks: JWKS }),
    serviceToken({ audience: "catalog", keys: () => JSON.parse(SERVICE_KEYS), callers: ["orders"] }),
  ]);
  app.use(glamMiddleware({ service: "catalog", guards: { authenticate: guard } }));
  implement(app, GetMe, () => {
    const { userId = "", sourceService = "" } = getContext()!;
    return { user: userId, source: sourceService };
  });
  const tokenFor = createServiceTokenSource({ issuer: "orders", privateKey: PRIVATE_KEY });
  app.get("/token", async (c) => c.text(await tokenFor("catalog")));
  app.post(
    "/hook",
    hmacWebhook({ form: "github", secret: "It's a Secret to Everybody" }),
    (c) => c.text("handled"),
  );
  return app;
}

let app: ReturnType<typeof createApp> | undefined;
export default {
  fetch(request: Request, ...rest: never[]): Response | Promise<Response> {
    return (app ??= createApp()).fetch(request, ...rest);
  },
};
