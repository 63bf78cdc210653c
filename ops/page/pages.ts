import { Hono } from "hono";
import { html } from "hono/html";
import type { OpsRight } from "../options.ts";
import { problemOf } from "./_answer_within.ts";
import { deadLettersPage } from "./_dead_letters_page.ts";
import { deadLetterPage, rawDeadLetter } from "./_dead_letter_page.ts";
import { fleetPage } from "./_fleet_page.ts";
import { changeListener } from "./_change_listener.ts";
import { changeOwnLevel } from "./_change_own_level.ts";
import { shown } from "./_html.ts";
import { changeInstance, instancePage } from "./_instance_page.ts";
import { respondPage } from "./_layout.ts";
import { may, type OpsContext, type OpsEnv, type OpsPages, type OpsParts } from "./_ops_context.ts";
import { outboxPage, retryOutbox } from "./_outbox_page.ts";
import { overviewPage } from "./_overview_page.ts";
import { createPurge } from "./_purge_page.ts";
import { createRates } from "./_rates.ts";
import { createRedaction } from "./_redacted.ts";
import { createRedrive } from "./_redrive_page.ts";
import { changeSchedule, schedulesPage } from "./_schedules_page.ts";
import { streamsPage } from "./_streams_page.ts";
import { createTrail } from "./_trail_page.ts";

const INSTANCE = "/fleet/:service{[\\w-]+}/:instance{[\\w-]+}";

type PageHandler = (c: OpsContext) => Promise<Response> | Response;

/** All pages, by their paths below the root of the page. */
export function createPages(parts: OpsParts): OpsPages {
  const pages = new Hono<OpsEnv>({ getPath: (_request, { env } = {}) => env!.path });
  const redaction = createRedaction(parts.redact);
  const redrive = createRedrive(parts);
  const purge = createPurge(parts);
  const rates = createRates();

  /** A page that needs a right; without it there is none. */
  const page = (method: "GET" | "POST", path: string, right: OpsRight, handle: PageHandler) =>
    void pages.on(method, path, (c) => may(c, right) ? handle(c) : nothing());

  page("GET", "/", "read", (c) => overviewPage(c, parts));
  page("GET", "/fleet", "read", (c) => fleetPage(c, parts, rates));
  page("GET", INSTANCE, "read", (c) => instancePage(c, parts));
  for (const change of ["pause", "resume"] as const) {
    page("POST", `/listeners/${change}`, "pause", (c) => changeListener(c, parts, change));
  }
  page("POST", "/level", "level", (c) => changeOwnLevel(c, parts));
  for (const change of ["pause", "resume", "level"] as const) {
    const right = change === "level" ? "level" : "pause";
    page("POST", `${INSTANCE}/${change}`, right, (c) => changeInstance(c, parts, change));
  }
  page("GET", "/dead-letters", "read", (c) => deadLettersPage(c, parts));
  page("GET", "/dead-letters/redrive", "redrive", redrive.ask);
  page("POST", "/dead-letters/redrive", "redrive", redrive.run);
  page("GET", "/dead-letters/purge", "purge", purge.ask);
  page("POST", "/dead-letters/purge", "purge", purge.run);
  page("GET", "/dead-letters/:sequence{[0-9]+}", "read", (c) => deadLetterPage(c, parts, redaction));
  page("GET", "/dead-letters/:sequence{[0-9]+}/raw", "payloads", (c) => rawDeadLetter(c, parts));
  page("GET", "/trail", "read", createTrail(parts, redaction));
  page("GET", "/streams", "read", (c) => streamsPage(c, parts));
  page("GET", "/outbox", "read", (c) => outboxPage(c, parts, redaction));
  page("POST", "/outbox/retry", "retry", (c) => retryOutbox(c, parts));

  page("GET", "/schedules", "read", (c) => schedulesPage(c, parts, redaction));
  for (const change of ["run", "pause", "resume"] as const) {
    page("POST", `/schedules/${change}`, "schedules", (c) => changeSchedule(c, parts, change));
  }

  pages.notFound(nothing);
  pages.onError((error, c) => {
    parts.logger.error("Operations page failed", { error, path: shown(c.env.path) });
    const content = html`<p class="note bad">${problemOf(error)}</p>
<p>The overview says what does not answer. The log has the whole error.</p>`;
    return respondPage(c, parts, { title: "This page could not be made", content, status: 503 });
  });
  return pages;
}

/** An answer without a body: the application says that there is nothing. */
function nothing(): Response {
  return new Response(null, { status: 404 });
}
