import { guardLogger } from "../api/guarded_logger.ts";
import { createLogger } from "../logging/create_logger.ts";
import type { LoggerLike } from "../logging/logger.ts";
import { errorFields, messageOf } from "./_error_text.ts";
import { exitProcess, flush, onUnhandled, processOf } from "./_process.ts";
import type { Service } from "./service.ts";

/** Options of {@link runService}. */
export interface RunServiceOptions {
  /**
   * Receives the line that says why there is no service.
   * @default createLogger(name)
   */
  readonly logger?: LoggerLike | undefined;
}

/**
 * Makes a service and runs it as the only purpose of this process: the main module of a service.
 *
 * What `create` throws, such as a wrong configuration or a message bus that is not there, is one CRITICAL line in the
 * format of the other lines, and exit code 1. A SIGTERM or SIGINT before the service is made ends the process with code 0.
 *
 * ```ts ignore
 * await runService("credits", async () => {
 *   const config = await loadConfig(options);
 *   const database = await connectDatabase({ ...config.database, lazy: true });
 *   const bus = await connectNats({ ...config.nats, name: "credits" });
 *   return createService({ name: "credits", app: createApp(database), database, bus });
 * });
 * ```
 *
 * @throws {TypeError} when `name` is no text or `create` no function, and where the runtime has no process.
 */
export async function runService(
  name: string,
  create: () => Service | Promise<Service>,
  options: RunServiceOptions = {},
): Promise<never> {
  if (typeof name !== "string" || name === "") {
    throw new TypeError(`Expected \`name\` to be the name of a service, got ${JSON.stringify(name)}`);
  }
  if (typeof create !== "function") {
    throw new TypeError(`Expected \`create\` to be a function that makes the service, got ${typeof create}`);
  }
  const process = processOf();
  const own = options.logger ?? createLogger(name);
  const logger = guardLogger(own);
  const onSignal = (signal: string) => () => {
    logger.info("Service stopped before it was made", { reason: signal });
    void exitProcess(0, flush(own));
  };
  const signals = ["SIGINT", "SIGTERM"].map((signal) => [signal, onSignal(signal)] as const);
  for (const [signal, listener] of signals) process.on(signal, listener);
  const refuse = (what: string, error: unknown) => {
    logger.critical(`Cannot start "${name}": ${what}${messageOf(error)}`, errorFields(error));
    return exitProcess(1, flush(own));
  };
  const ignoreUnhandled = onUnhandled((what, error) => void refuse(`${what}: `, error));
  let service: Service;
  try {
    service = await create();
  } catch (error) {
    return await refuse("", error);
  }
  for (const [signal, listener] of signals) process.off(signal, listener);
  ignoreUnhandled();
  return await service.run();
}
