import { makeNonce, pageResponse } from "../internal/page_response.ts";
import { asyncapi } from "../messaging/contract/asyncapi.ts";
import { docsPage } from "./_docs_page.ts";
import type { AnswerDocs, CreateDocs, TryResource } from "./_docs_resource.ts";
import { swaggerUi } from "./_docs_swagger_ui.ts";
import { openapi } from "./openapi.ts";

/** The documentation of an application: everything is made when it is first asked for, and kept. */
export const createDocs: CreateDocs = (app, options) => {
  const { title = "Service", version = "1.0.0", description, security, events = [], receives = [], path } =
    options;
  const info = { title, version, ...description !== undefined && { description } };
  const { servers = [folderOf(path)] } = options;
  const name = path.slice(path.lastIndexOf("/") + 1);
  const hasEvents = events.length + receives.length > 0;
  const http = once(() => openapi(app, { ...info, servers, ...security !== undefined && { security } }));
  const messages = once(() => hasEvents ? asyncapi(events, { ...info, receives }) : undefined);
  const page = once(async () =>
    docsPage({
      openapi: http(),
      asyncapi: messages(),
      links: {
        openapi: "openapi.json",
        asyncapi: hasEvents ? "asyncapi.json" : undefined,
        try: await swaggerUi() === undefined ? undefined : `${name}/try`,
      },
    })
  );

  const answer: AnswerDocs = async (resource) => {
    switch (resource) {
      case "openapi":
        return json(http());
      case "asyncapi":
        return json(messages());
      case "page": {
        const nonce = makeNonce();
        return respond((await page())(nonce), "text/html; charset=utf-8", pagePolicy(nonce));
      }
    }
    return await answerTry(resource, title);
  };
  return answer;
};

/** The nonce is of one answer, so that no style of another one's counts. */
function pagePolicy(nonce: string): string {
  return `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

const TRY_POLICY =
  "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

async function answerTry(resource: TryResource, title: string): Promise<Response | undefined> {
  const file = await (await swaggerUi())?.read(resource, title);
  return file === undefined ? undefined : respond(file.content, file.contentType, TRY_POLICY);
}

function json(document: object | undefined): Response | undefined {
  if (document === undefined) return undefined;
  return respond(JSON.stringify(document), "application/json", "default-src 'none'; frame-ancestors 'none'");
}

function respond(body: string | Uint8Array<ArrayBuffer>, contentType: string, policy: string): Response {
  return pageResponse(body, { contentType, policy });
}

/** The root of the service, seen from a document at this path: a URL that also holds behind a prefix of a proxy. */
function folderOf(path: string): string {
  const depth = path.split("/").length - 2;
  return depth === 0 ? "." : Array.from({ length: depth }, () => "..").join("/");
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}
