import type { OpsContext } from "./_ops_context.ts";

const MAX_BYTES = 64 * 1024;

/** The fields of a POST, which is a form or a JSON object; `undefined` where it is neither, or too large. */
export async function readForm(
  c: OpsContext,
): Promise<((name: string) => string | undefined) | undefined> {
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  const text = await readText(c.req.raw);
  if (text === undefined) return undefined;
  if (type === "application/x-www-form-urlencoded") {
    const form = new URLSearchParams(text);
    return (name) => form.get(name) ?? undefined;
  }
  if (type !== "application/json") return undefined;
  try {
    const fields: unknown = JSON.parse(text);
    if (typeof fields !== "object" || fields === null) return undefined;
    return (name) => {
      const value = Object.hasOwn(fields, name) ? (fields as Record<string, unknown>)[name] : undefined;
      return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
        ? String(value)
        : undefined;
    };
  } catch {
    return undefined;
  }
}

async function readText({ body }: Request): Promise<string | undefined> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let [text, size] = ["", 0];
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
