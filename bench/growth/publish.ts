/**
 * Publishes so many events, for `bench/growth.ts`.
 *
 * @module
 */
import { connectNats, createPublisher } from "@glam/shared/messaging";
import process from "node:process";
import { Grown, growths } from "./grown.ts";

const [servers, count] = process.argv.slice(-2) as [string, string];
await using bus = await connectNats({ servers });
await createPublisher(bus, { service: "bench" }).publishMany(Grown, growths(Number(count)));
