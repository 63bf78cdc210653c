import type { ConfigProblem } from "../errors/config_error.ts";
import type { ConfigFiles } from "./_files.ts";
import { nearest } from "../internal/nearest.ts";

const FOLDER = "config/services";

/** What is known of the files of a service. */
export interface ServiceFiles {
  readonly service: string;
  /** The value of `APP_ENV`, or its default. */
  readonly environment: string | undefined;
  /** Whether `<service>.yml` was found. */
  readonly hasFile: boolean;
  /** Whether `<service>.<environment>.yml` was found. */
  readonly hasEnvironmentFile: boolean;
}

/**
 * Warns of what is probably a typo: there is no file of the service while other services have theirs, or none of the
 * environment while there is one with a similar name.
 */
export async function missingFileWarnings(files: ConfigFiles, given: ServiceFiles): Promise<ConfigProblem[]> {
  const { environment, hasEnvironmentFile, hasFile, service } = given;
  if (hasEnvironmentFile) return [];
  const names = (await files.list(FOLDER)).filter((name) => name.endsWith(".yml")).map((name) =>
    name.slice(0, -4)
  );
  const prefix = `${service}.`;
  const environments = names.filter((name) => name.startsWith(prefix)).map((name) =>
    name.slice(prefix.length)
  );
  if (environment !== undefined && environments.length > 0) {
    const similar = nearest(environment, environments);
    if (similar === undefined) return [];
    const message = `there is no file for APP_ENV=${environment}; did you mean APP_ENV=${similar}?`;
    return [{ path: "", source: `${FOLDER}/${service}.${environment}.yml`, message }];
  }
  // `orders.prod` belongs to the service `orders`, unless that has no file.
  const services = names.filter((name) => !names.some((other) => name.startsWith(`${other}.`)));
  if (hasFile || services.length === 0) return [];
  const similar = nearest(service, services);
  const hint = similar === undefined
    ? "other services have one; without it only defaults and other sources apply"
    : `did you mean the service "${similar}"?`;
  return [{ path: "", source: `${FOLDER}/${service}.yml`, message: `there is no such file; ${hint}` }];
}
