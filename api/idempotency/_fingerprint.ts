import { parametersOf, parsePath } from "../../contract/_path.ts";
import type { AnyEndpoint } from "../../contract/endpoint.ts";
import type { EndpointContext } from "../_endpoint_context.ts";
import { sha256 } from "./_sha256.ts";

/**
 * A digest of path parameters, query and body of a request, as they came: what a schema adds, such as a default that is
 * the time, differs between repetitions. The order of members and of query parameters is not in it.
 */
export async function fingerprintOf(c: EndpointContext, endpoint: AnyEndpoint): Promise<string> {
  const { req } = c;
  const params = Object.fromEntries(namesOf(endpoint).map((name) => [name, req.param(name)]));
  return await sha256(canonicalJson([params, req.queries(), await bodyOf(c, endpoint)]));
}

const names = /* @__PURE__ */ new WeakMap<AnyEndpoint, readonly string[]>();

/** The names of the parameters of an endpoint's path. */
function namesOf(endpoint: AnyEndpoint): readonly string[] {
  let known = names.get(endpoint);
  if (known === undefined) {
    known = parametersOf(parsePath(endpoint.path)).map(({ name }) => name);
    names.set(endpoint, known);
  }
  return known;
}

async function bodyOf({ req }: EndpointContext, { body, form }: AnyEndpoint): Promise<unknown> {
  if (body !== undefined) return JSON.parse(await req.text());
  if (form === undefined) return null;
  const fields = Object.entries(await req.parseBody({ all: true }));
  return Object.fromEntries(
    await Promise.all(
      fields.map(async ([name, value]) => [
        name,
        await Promise.all((Array.isArray(value) ? value : [value]).map(fieldOf)),
      ]),
    ),
  );
}

async function fieldOf(value: unknown): Promise<unknown> {
  if (!(value instanceof Blob)) return value;
  return { type: value.type, name: (value as File).name, digest: await sha256(await value.arrayBuffer()) };
}

/** JSON whose members are in the order of their names. */
function canonicalJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  const members = Object.entries(value).sort(([one], [other]) => one < other ? -1 : 1);
  return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${canonicalJson(each)}`).join()}}`;
}
