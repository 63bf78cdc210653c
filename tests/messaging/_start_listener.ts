import { isRetryableError } from "@glam/shared/errors";
import type { Listener } from "@glam/shared/messaging";

/** Starts a listener, and another one where the server does not answer in time: as a platform starts a service again. */
export async function startListener(create: () => Listener): Promise<Listener> {
  for (;;) {
    const listener = create();
    try {
      await listener.start();
      return listener;
    } catch (error) {
      await listener.stop();
      if (!isRetryableError(error)) throw error;
    }
  }
}
