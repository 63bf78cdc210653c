import type { LoggerLike } from "../../logging/logger.ts";
import type { BusConsumer } from "../bus/consumer.ts";
import type { SourceSettings } from "./_settings.ts";

/** The least ack wait of a source's consumers. One that another version has changed stays, and the log says so. */
export function ackWaitOf(
  consumers: readonly BusConsumer[],
  { durable, ackWaitMs }: SourceSettings,
  logger: LoggerLike,
): number {
  const least = Math.min(...consumers.map(({ config }) => config.ackWaitMs));
  if (least !== ackWaitMs) {
    logger.warn("Another version has changed the ack wait of the durable consumer, which stays", {
      durable,
      ack_wait_ms: least,
      own_ack_wait_ms: ackWaitMs,
    });
  }
  return least;
}
