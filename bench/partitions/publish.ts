// Publishes events of 1,000 keys with and without partitions: `publish.ts <server> <count>`.
import { connectNats, createPublisher } from "@glam/shared/messaging";
import process from "node:process";
import { Keyed, Plain } from "./events.ts";

const [servers, count] = process.argv.slice(-2) as [string, string];
await using bus = await connectNats({ servers });
const publisher = createPublisher(bus, { service: "bench" });
const events = Array.from({ length: Number(count) }, (_, n) => ({ key: `key-${n % 1000}`, n }));
await publisher.publishMany(Plain, events);
await publisher.publishMany(Keyed, events);
