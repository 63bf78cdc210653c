import { ValidationError } from "../errors/common.ts";
import type { LogLevel } from "../logging/levels.ts";
import { microName } from "./_micro_name.ts";
import type { Control, ControlState } from "./control.ts";

/** Characters of a name in a command; longer ones are refused. */
const MAX_TEXT = 256;
const TOKEN = /^[a-zA-Z0-9_-]{1,128}$/;

/** A command, as it is sent. */
export type Command =
  | { readonly action: "state" }
  | { readonly action: "pause" | "resume"; readonly listener: string; readonly by?: string | undefined }
  | { readonly action: "level"; readonly level?: LogLevel | undefined; readonly by?: string | undefined };

/**
 * The subject on which an instance takes commands.
 *
 * @throws {TypeError} when one of the names has other characters than a subject may have here.
 */
export function controlSubject(service: string, instance: string): string {
  const tokens = { service: microName(service), instance };
  for (const [name, token] of Object.entries(tokens)) {
    if (!TOKEN.test(token)) {
      throw new TypeError(
        `Expected \`${name}\` to be letters, digits, "_" and "-", got ${JSON.stringify(token)}`,
      );
    }
  }
  return `glam.ctl.${tokens.service}.${instance}`;
}

/**
 * Does what a received command says.
 *
 * @throws {ValidationError} when it is none.
 */
export async function execute(control: Control, data: Uint8Array): Promise<ControlState> {
  const { action, by, level, listener } = parse(data);
  const options = { by: text("by", by) };
  switch (action) {
    case "state":
      return await control.state();
    case "pause":
    case "resume":
      return await control[action](text("listener", listener) ?? "", options);
    case "level":
      return await setLevel(control, text("level", level), options);
    default:
      throw new ValidationError("Expected `action` to be state, pause, resume or level");
  }
}

async function setLevel(
  control: Control,
  level: string | undefined,
  options: { readonly by: string | undefined },
): Promise<ControlState> {
  try {
    return await control.setLevel(level as LogLevel | undefined, options);
  } catch (error) {
    if (error instanceof TypeError) throw new ValidationError(error.message, { cause: error });
    throw error;
  }
}

function parse(data: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(new TextDecoder().decode(data)));
  } catch (cause) {
    throw new ValidationError("The command is not JSON", { cause });
  }
}

function text(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" && value.length <= MAX_TEXT) return value;
  throw new ValidationError(`Expected \`${name}\` to be a text of at most ${MAX_TEXT} characters`);
}
