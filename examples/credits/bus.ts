import process from "node:process";
import { connectNats, createMemoryBus, type MessageBus } from "@glam/shared/messaging";

/** The bus at `NATS_SERVERS`, else one within this process, which forgets its events when that ends. */
export async function openBus(): Promise<MessageBus> {
  return process.env["NATS_SERVERS"] === undefined
    ? createMemoryBus()
    : await connectNats({ name: "credits" });
}
