import { SchemaWriter } from "../../contract/schema_writer.ts";
import type { SchemaLike } from "../../contract/schema_like.ts";
import { splitUserInfo } from "../../internal/url_credentials.ts";
import { KEY_HEADER, partitionSubject } from "./_partition.ts";
import type { AnyEventContract } from "./define_event.ts";
import type { AnyRequestContract } from "./define_request.ts";

/** Options of {@link asyncapi}. */
export interface AsyncApiOptions {
  /**
   * Name of the application.
   * @default "Events"
   */
  readonly title?: string | undefined;
  /**
   * Version of the application.
   * @default "1.0.0"
   */
  readonly version?: string | undefined;
  /** Description of the application, in Markdown. */
  readonly description?: string | undefined;
  /** Hosts of the brokers, by name: `{ production: "nats.example.com:4222" }`. User information is left out. */
  readonly servers?: Readonly<Record<string, string>> | undefined;
  /** Contracts that the application listens to or responds to; it sends the others. */
  readonly receives?: readonly (AnyEventContract | AnyRequestContract)[] | undefined;
}

/** A JSON object. */
export type JsonObject = { readonly [key: string]: unknown };

/** An AsyncAPI 3.0 document, serializable as JSON or YAML. */
export interface AsyncApiDocument {
  /** Version of AsyncAPI. */
  readonly asyncapi: "3.0.0";
  /** Title, version and description of the application. */
  readonly info: JsonObject;
  /** Content type of the messages. */
  readonly defaultContentType: "application/json";
  /** Brokers, by name. */
  readonly servers?: JsonObject;
  /** Channels, by subject. */
  readonly channels: JsonObject;
  /** Operations, named `<send or receive>.<subject>`. */
  readonly operations: JsonObject;
  /** Messages, by subject. */
  readonly components: JsonObject;
}

/**
 * Creates an AsyncAPI 3.0 document from contracts, with the schemas that publishers and listeners validate by. Equal
 * contracts give an equal document.
 *
 * @example
 * ```ts
 * import { asyncapi, CreditDeducted } from "@glam/shared/messaging";
 *
 * const document = asyncapi([CreditDeducted], { title: "Credits", version: "1.2.0" });
 * console.log(Object.keys(document.channels)); // [ "evt.credit.deducted.v1" ]
 * ```
 *
 * @throws {TypeError} when two contracts have the same subject.
 * @see https://www.asyncapi.com/docs/reference/specification/v3.0.0
 */
export function asyncapi(
  contracts: readonly (AnyEventContract | AnyRequestContract)[],
  options: AsyncApiOptions = {},
): AsyncApiDocument {
  const { title = "Events", version = "1.0.0", description, servers, receives = [] } = options;
  const channels: Record<string, unknown> = {};
  const operations: Record<string, unknown> = {};
  const messages: Record<string, unknown> = {};
  // What was published once stays: a pattern that is missing would be a change of the contract.
  const writer = new SchemaWriter({ isVerbatim: true });
  const all = [...contracts, ...receives.filter((contract) => !contracts.includes(contract))];
  for (const contract of all) {
    const { subject } = contract;
    if (channels[subject] !== undefined) throw new TypeError(`Cannot describe "${subject}" twice`);
    const action = receives.includes(contract) ? "receive" : "send";
    channels[subject] = {
      ...addressOf(contract),
      messages: { [subject]: ref("components", "messages", subject) },
    };
    const operation = {
      action,
      channel: ref("channels", subject),
      messages: [ref("channels", subject, "messages", subject)],
    };
    if (isEvent(contract)) {
      messages[subject] = eventMessage(contract, writer);
      operations[`${action}.${subject}`] = operation;
    } else {
      const reply = `${subject}.reply`;
      messages[subject] = requestMessage(subject, write(contract.requestSchema, subject, writer));
      messages[reply] = requestMessage(reply, write(contract.responseSchema, reply, writer));
      channels[reply] = { address: null, messages: { [reply]: ref("components", "messages", reply) } };
      operations[`${action}.${subject}`] = {
        ...operation,
        reply: {
          address: { location: "$message.header#/reply" },
          channel: ref("channels", reply),
          messages: [ref("channels", reply, "messages", reply)],
        },
      };
    }
  }
  return {
    asyncapi: "3.0.0",
    info: { title, version, ...description !== undefined && { description } },
    defaultContentType: "application/json",
    ...servers !== undefined && {
      servers: Object.fromEntries(
        Object.entries(servers).map((
          [name, host],
        ) => [name, { host: splitUserInfo(host).address, protocol: "nats" }]),
      ),
    },
    channels,
    operations,
    components: {
      messages,
      ...writer.components.size > 0 && { schemas: Object.fromEntries(writer.components) },
    },
  };
}

/** The subject that messages are sent to, as AsyncAPI writes one that differs from message to message. */
function addressOf(contract: AnyEventContract | AnyRequestContract): JsonObject {
  const { subject } = contract;
  if (!isEvent(contract) || contract.partitions === undefined) return { address: subject };
  const { partitions } = contract;
  const description = `FNV-1a (32 bits, unsigned) of the key in UTF-8, modulo ${partitions}`;
  return { address: partitionSubject(subject, "{n}"), parameters: { n: { description } } };
}

function isEvent(contract: AnyEventContract | AnyRequestContract): contract is AnyEventContract {
  return "schema" in contract;
}

function eventMessage(contract: AnyEventContract, writer: SchemaWriter): JsonObject {
  const { subject, title, description, examples } = contract;
  return {
    name: subject,
    title: title ?? subject,
    ...description !== undefined && { description },
    contentType: "application/json",
    correlationId: { location: "$message.header#/X-Correlation-ID" },
    headers: contract.partitions === undefined ? HEADERS : KEYED_HEADERS,
    payload: envelope(subject, write(contract.schema, subject, writer)),
    ...examples !== undefined && examples.length > 0 && {
      examples: examples.map((data) => ({ payload: { ...EXAMPLE, event_type: subject, data } })),
    },
  };
}

function requestMessage(name: string, payload: JsonObject): JsonObject {
  return { name, contentType: "application/json", payload };
}

/** The JSON Schema of the event envelope. */
function envelope(subject: string, data: JsonObject): JsonObject {
  const text = { type: "string" };
  const textOrNull = { type: ["string", "null"] };
  return {
    type: "object",
    required: ["event_id", "event_type", "timestamp", "data"],
    properties: {
      event_id: { ...text, minLength: 1 },
      event_type: { const: subject },
      correlation_id: textOrNull,
      timestamp: { ...text, format: "date-time" },
      source_service: textOrNull,
      data,
      metadata: { type: ["object", "null"] },
    },
  };
}

const NAMES = ["Nats-Msg-Id", "X-Correlation-ID", "traceparent", "tracestate", "baggage"];
const HEADERS: JsonObject = textHeaders(NAMES);
const KEYED_HEADERS: JsonObject = textHeaders([...NAMES, KEY_HEADER]);

function textHeaders(names: readonly string[]): JsonObject {
  return { type: "object", properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])) };
}

const EXAMPLE: JsonObject = {
  event_id: "7c9e6679-7425-40de-944b-e07fc1f90ae7",
  correlation_id: "corr_0123456789ab",
  timestamp: "2025-06-01T12:00:00.000Z",
  source_service: "example",
  metadata: {},
};

/** What consumers accept, as the document of the endpoints has it; but integers of any size are exact in events. */
function write(schema: SchemaLike, subject: string, writer: SchemaWriter): JsonObject {
  const place = { label: `${subject}, data`, operationId: subject, use: "request" } as const;
  return writer.write(schema, { ...place, bigints: "integer" });
}

function ref(...path: string[]): JsonObject {
  return { $ref: `#/${path.map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1")).join("/")}` };
}
