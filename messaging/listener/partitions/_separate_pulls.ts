import type { BusConsumer, PullSubscription, SharedPullOptions, SharedPulls } from "../../bus/consumer.ts";

/** {@link SharedPulls} on a bus that has none: a subscription for each consumer. */
export function separatePulls(
  consumers: readonly BusConsumer[],
  { expiresMs, heartbeatMs = 5000, onDelivery, onEnd }: SharedPullOptions,
): SharedPulls {
  const subscribe = (consumer: BusConsumer, index: number) =>
    consumer.subscribe({
      expiresMs,
      heartbeatMs,
      onDelivery: (delivery) => onDelivery(delivery, index),
      onEnd: (end) => onEnd(end, index),
    });
  const subscriptions: PullSubscription[] = consumers.map(subscribe);
  return {
    pull(index) {
      const subscription = subscriptions[index]!;
      if (subscription.outstanding === 0) subscription.pull(1);
    },
    replace(index, consumer) {
      subscriptions[index]!.close();
      subscriptions[index] = subscribe(consumer, index);
    },
    async drain() {
      await Promise.all(subscriptions.map((subscription) => subscription.drain()));
    },
    close() {
      for (const subscription of subscriptions) subscription.close();
    },
  };
}
