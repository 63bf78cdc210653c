import type * as z from "zod";
import { envPrefix } from "../internal/environment.ts";
import type { LoadConfigOptions } from "./options.ts";

/**
 * Validates the options, and gives the service and the prefix of its variables.
 *
 * @throws {TypeError} when an option has the wrong type or form.
 */
export function checkOptions(
  options: LoadConfigOptions<z.core.$ZodType>,
): { service: string; prefix: string } {
  const { service, schema, env, onWarning, parseYaml, root } = options;
  if (!isFileName(service)) {
    throw new TypeError(
      `Expected \`service\` to be a name of letters, digits, ".", "_" and "-", got ${
        JSON.stringify(service)
      }`,
    );
  }
  if (typeof schema !== "object" || schema === null || !("_zod" in schema)) {
    throw new TypeError("Expected `schema` to be a schema of Zod 4");
  }
  if (root !== undefined && typeof root !== "string" && !(root instanceof URL)) {
    throw new TypeError(`Expected \`root\` to be a path or a URL, got ${typeof root}`);
  }
  if (env !== undefined && (typeof env !== "object" || env === null)) {
    throw new TypeError(`Expected \`env\` to be an object, got ${env === null ? "null" : typeof env}`);
  }
  for (const [name, value] of Object.entries({ onWarning, parseYaml })) {
    if (value !== undefined && typeof value !== "function") {
      throw new TypeError(`Expected \`${name}\` to be a function, got ${typeof value}`);
    }
  }
  // With or without the last underscore: the Python package took "CREDIT_" in one place and "CREDIT" in another.
  const prefix = (options.envPrefix ?? envPrefix(service)).toUpperCase().replace(/_+$/, "");
  if (!/^[A-Z_][A-Z\d_]*$/.test(prefix)) {
    throw new TypeError(
      `Expected \`envPrefix\` to be the beginning of a variable's name, got ${
        JSON.stringify(options.envPrefix)
      }`,
    );
  }
  return { service, prefix };
}

/** Whether a name can be part of a file name, without a path separator or `..`. */
export function isFileName(name: unknown): name is string {
  return typeof name === "string" && /^[A-Za-z\d][\w.-]*$/.test(name);
}
