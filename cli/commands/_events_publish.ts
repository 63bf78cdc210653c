import { readFile } from "node:fs/promises";
import process from "node:process";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { readEnv } from "../../internal/environment.ts";
import { nearest } from "../../internal/nearest.ts";
import * as messaging from "../../messaging/mod.ts";
import { type BusFlags, openBus } from "../_connect.ts";
import { toDocument } from "../_json.ts";
import { contractsOf, findModule, isContract, isEvent } from "../_modules.ts";
import { type Session, UsageError } from "../_session.ts";
import { messageDocument } from "./_message_line.ts";

const { createMemoryBus, createPublisher, defineEvent } = messaging;

interface PublishFlags extends BusFlags {
  readonly events?: string;
  readonly unchecked?: boolean;
  readonly source?: string;
  readonly key?: string;
  readonly correlationId?: string;
  readonly header?: readonly string[];
  readonly dryRun?: boolean;
}

/** Publishes one event. */
export async function run(
  { terminal, json }: Session,
  flags: PublishFlags,
  subject: string,
  data: string,
): Promise<void> {
  const contract = await findContract(subject, flags);
  const body = await readData(data);
  await using bus = flags.dryRun ? createMemoryBus() : await openBus(flags);
  const service = flags.source ?? readEnv("SERVICE_NAME") ?? "glam";
  const { eventId, stream, seq, duplicate } = await createPublisher(bus, { service }).publish(
    contract,
    body,
    {
      idempotencyKey: flags.key,
      correlationId: flags.correlationId,
      headers: flags.header?.map(toHeader),
    },
  );
  if (flags.dryRun) {
    const message = await bus.readMessage(stream, { sequence: seq });
    const { subject: to, headers, body } = JSON.parse(messageDocument(message!, stream));
    return await terminal.print(JSON.stringify({ dry_run: true, subject: to, headers, body }, null, 2));
  }
  if (json) return await terminal.print(toDocument({ eventId, subject, stream, seq, duplicate }));
  await terminal.print(
    duplicate
      ? `Not stored: ${stream} has an event with this key already, ${seq}`
      : `Published ${subject} as ${eventId}: ${stream} ${seq}`,
  );
}

async function findContract(subject: string, flags: PublishFlags): Promise<messaging.EventContract> {
  if (flags.unchecked) return defineEvent(subject, z.unknown());
  const module = await findModule("events", flags.events);
  const known = [
    ...module === undefined ? [] : contractsOf(module),
    ...Object.values<unknown>(messaging).filter(isContract),
  ];
  const contract = known.find((contract) => contract.subject === subject);
  if (contract !== undefined && isEvent(contract)) return contract;
  const where = module === undefined ? "there is no events.ts here" : `${module.path} has none`;
  const similar = nearest(subject, known.filter(isEvent).map((contract) => contract.subject));
  throw new UsageError(
    `There is no contract for ${JSON.stringify(subject)}: ${where}. ` +
      (similar === undefined ? "" : `Did you mean ${similar}? `) +
      "Name its module with --events <module>, or publish without a contract with --unchecked",
  );
}

async function readData(given: string): Promise<unknown> {
  const source = given === "-" ? "standard input" : given.startsWith("@") ? given.slice(1) : "<data>";
  const read = given === "-"
    ? await text(process.stdin)
    : given.startsWith("@")
    ? await readFile(given.slice(1), "utf8")
    : given;
  try {
    return JSON.parse(read);
  } catch (error) {
    throw new UsageError(`Expected ${source} to be JSON: ${(error as Error).message}`);
  }
}

function toHeader(header: string): readonly [name: string, value: string] {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(header) ?? [];
  if (name === undefined) {
    throw new UsageError(`Expected --header to be <name>:<value>, got ${JSON.stringify(header)}`);
  }
  return [name, value!];
}
