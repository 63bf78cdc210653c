/** Validates the name of a service. */
export function assertServiceName(service: unknown): asserts service is string {
  if (typeof service === "string" && /^[^\s.*>\0]+$/.test(service)) return;
  throw new TypeError(
    `Expected \`service\` to be a name without white space, dots and wildcards, got ${
      JSON.stringify(service)
    }`,
  );
}
