interface ProcessLike {
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * The value of one environment variable, or `undefined` where it is unset or empty, where the runtime has no
 * environment, or where reading it is not permitted.
 */
export function readEnv(name: string): string | undefined {
  try {
    const { process } = globalThis as { process?: ProcessLike };
    return process?.env?.[name] || undefined;
  } catch {
    return undefined; // Deno without --allow-env
  }
}

/**
 * The prefix of a service's own environment variables: `catalog-connector` reads `CATALOG_CONNECTOR_*`.
 */
export function envPrefix(service: string): string {
  return service.toUpperCase().replace(/[^A-Z0-9]+/g, "_");
}
