import { connectNats, ensureStreams, type MessageBus, Streams } from "@glam/shared/messaging";
import { type NatsCluster, startNatsCluster } from "../_support/nats_server.ts";
import { waitFor } from "../_support/wait_for.ts";

/** A cluster of three servers that all keep the streams, and a bus on it. */
export interface ClusterSetting extends AsyncDisposable {
  readonly bus: MessageBus;
  /** Kills the server that leads the stream of events. */
  killLeader(): Promise<void>;
}

/** Starts three servers that are one cluster. */
export async function openCluster(): Promise<ClusterSetting> {
  const cluster: NatsCluster = await startNatsCluster();
  const bus = await connectNats({ servers: cluster.urls });
  let reason: unknown; // the servers may not know each other well enough yet
  await waitFor(
    () => ensureStreams(bus, { replicas: 3 }).then(() => true, (error) => void (reason = error)),
    () => `the streams are there: ${reason}`,
  );
  return {
    bus,
    async killLeader() {
      let leader: number | undefined;
      await waitFor(async () => {
        leader = await cluster.leaderOf(Streams.EVENTS).catch(() => undefined); // there may be none at this moment
        return leader !== undefined;
      }, "the stream has a leader");
      await cluster.servers[leader!]!.kill9();
    },
    async [Symbol.asyncDispose]() {
      await bus.close();
      await cluster.stop();
    },
  };
}
