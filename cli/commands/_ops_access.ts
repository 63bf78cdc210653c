import { timingSafeEqual } from "node:crypto";
import { Hono } from "hono";
import type { AuthorizeOps, Operator } from "../../ops/options.ts";

/** Lets in one browser of this machine, by a token that counts once. */
export interface OpsAccess {
  /** What the URL to open ends with. */
  readonly token: string;
  readonly authorize: AuthorizeOps;
  /** The page behind the check of its host, and what turns the token into a session. */
  protect(ops: Hono): Hono;
}

/**
 * The token is in a URL, which a browser keeps in its history and other programs may see: it opens one session, and is worth
 * nothing then. `port` is known when the server listens.
 */
export function createOpsAccess(operator: Operator, port: () => number): OpsAccess {
  const [token, session] = [secret(), secret()];
  let isUsed = false;
  // Cookies know no ports.
  const cookieName = () => `glam_ops_${port()}`;

  function hasSession(cookies: string): boolean {
    const prefix = `${cookieName()}=`;
    return cookies.split(";").map((cookie) => cookie.trim())
      .some((cookie) => cookie.startsWith(prefix) && isSame(cookie.slice(prefix.length), session));
  }

  function protect(ops: Hono): Hono {
    const app = new Hono();
    app.use(async (c, next) => {
      // A page of another site whose name points to this machine has another host.
      const hosts = ["127.0.0.1", "localhost"].map((name) => `${name}:${port()}`);
      if (!hosts.includes(c.req.header("host") ?? new URL(c.req.url).host)) return c.notFound();
      await next();
    });
    app.get("/", async (c, next) => {
      const given = c.req.query("token");
      if (given === undefined) return await next();
      if (isUsed || !isSame(given, token)) return c.notFound();
      isUsed = true;
      c.header("Set-Cookie", `${cookieName()}=${session}; Path=/; HttpOnly; SameSite=Strict`);
      c.header("Cache-Control", "no-store");
      c.header("Referrer-Policy", "no-referrer");
      return c.redirect("/", 303);
    });
    app.route("/", ops);
    app.notFound((c) => c.text("Nothing here. The URL that `glam ops` prints opens the page, once.", 404));
    return app;
  }

  return { token, authorize: (c) => hasSession(c.req.header("cookie") ?? "") && operator, protect };
}

function secret(): string {
  return Array.from(
    crypto.getRandomValues(new Uint8Array(24)),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}

function isSame(given: string, secret: string): boolean {
  const [one, other] = [given, secret].map((text) => new TextEncoder().encode(text)) as [
    Uint8Array,
    Uint8Array,
  ];
  return one.length === other.length && timingSafeEqual(one, other);
}
