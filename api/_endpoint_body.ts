import type * as z from "zod";
import { askZod, type ZodOutcome } from "../contract/_ask_zod.ts";
import { childrenOf, defOf, shapeOf, type ZodSchema } from "../contract/_zod_def.ts";
import type { AnyEndpoint } from "../contract/endpoint.ts";
import { type FileRule, fileRuleOf, isTypeAllowed } from "../contract/file.ts";
import { GlamError } from "../errors/glam_error.ts";
import { defineMember } from "../internal/define_member.ts";
import type { EndpointContext } from "./_endpoint_context.ts";
import { limitBody } from "./_limit_body.ts";
import { isTooDeep } from "./_json_depth.ts";
import { listFieldsOf } from "./_list_fields.ts";

const DEFAULT_MAX_BODY_BYTES = 1024 * 1024;
/** Files of a list in a form that its size is reckoned with. */
const FILES_OF_A_LIST = 10;

/** A body of the right media type and size, in memory. */
export interface LimitedBody {
  /** What the schema makes of it. */
  parse(): Promise<ZodOutcome>;
}

/**
 * Reads the body of a request.
 *
 * @throws {GlamError} 415 when it is of another media type, 413 when it is too large, 400 when it ends early.
 */
export type BodyReader = (c: EndpointContext) => Promise<LimitedBody>;

/** How the body of an endpoint is read; `undefined` where it takes none. */
export function bodyReader(endpoint: AnyEndpoint, maxBodyBytes: number | undefined): BodyReader | undefined {
  if (endpoint.body !== undefined) return jsonReader(endpoint.body as ZodSchema, maxBodyBytes);
  if (endpoint.form !== undefined) return formReader(endpoint.form as ZodSchema, maxBodyBytes);
  return undefined;
}

function jsonReader(schema: ZodSchema, maxBytes: number = DEFAULT_MAX_BODY_BYTES): BodyReader {
  const parse = askZod(schema, "parse");
  return async (c) => {
    await limitBody(c, "json", maxBytes);
    const text = await c.req.text();
    c.req.bodyCache.text ??= Promise.resolve(text); // else whoever asks next decodes it once more
    return {
      async parse() {
        if (isTooDeep(text)) return TOO_DEEP;
        let value: unknown;
        try {
          value = JSON.parse(text);
        } catch {
          return refused("json_invalid", "Malformed JSON");
        }
        try {
          return await parse(value);
        } catch (error) {
          if (error instanceof RangeError) return TOO_DEEP; // the schema follows the nesting, and the stack overflowed
          throw error;
        }
      },
    };
  };
}

function formReader(schema: ZodSchema, given: number | undefined): BodyReader {
  const parse = askZod(schema, "parse");
  const shape = shapeOf(schema) ?? {};
  const isList = listFieldsOf(schema as unknown as z.ZodType);
  const rules = new Map(
    Object.keys(shape).flatMap((name) => {
      const rule = ruleWithin(shape[name]!);
      return rule === undefined ? [] : [[name, rule] as const];
    }),
  );
  const ofFiles = [...rules].map(([name, { maxBytes }]) => maxBytes * (isList(name) ? FILES_OF_A_LIST : 1));
  const maxBytes = given ?? ofFiles.reduce((sum, bytes) => sum + bytes, DEFAULT_MAX_BODY_BYTES);
  return async (c) => {
    await limitBody(c, "form", maxBytes);
    let fields: Record<string, unknown>;
    try {
      fields = await c.req.parseBody({ all: true });
    } catch (error) {
      if (error instanceof GlamError) throw error;
      return { parse: () => Promise.resolve(refused("form_invalid", "Malformed form data")) };
    }
    const values: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(fields)) {
      const rule = rules.get(name);
      if (rule !== undefined) checkFiles(name, value, rule);
      defineMember(values, name, isList(name) && !Array.isArray(value) ? [value] : value);
    }
    return { parse: async () => await parse(values) };
  };
}

/** The rule of a file, which may be optional or in a list. */
function ruleWithin(schema: ZodSchema): FileRule | undefined {
  const rule = fileRuleOf(schema._zod.def);
  if (rule !== undefined) return rule;
  for (const [, child] of defOf(schema)?.type === "object" ? [] : childrenOf(schema)) {
    const found = ruleWithin(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

function checkFiles(name: string, value: unknown, rule: FileRule): void {
  for (const file of Array.isArray(value) ? value : [value]) {
    if (!(file instanceof File)) continue; // a text in its place is for the schema to refuse
    if (file.size > rule.maxBytes) {
      throw new GlamError(`The file "${name}" is larger than ${rule.maxBytes} bytes`, {
        code: "HTTP_413",
        status: 413,
      });
    }
    if (!isTypeAllowed(file.type, rule)) {
      const expected = rule.types!.join(", ");
      throw new GlamError(
        `Expected the file "${name}" to be ${expected}, got ${file.type || "no Content-Type"}`,
        {
          code: "HTTP_415",
          status: 415,
        },
      );
    }
  }
}

function refused(code: string, message: string): ZodOutcome {
  return { issues: [{ path: [], message, code }] };
}

const TOO_DEEP: ZodOutcome = refused("too_deep", "Nested over 500 levels deep");
