/**
 * Messages between services: typed events on streams that keep them until they are handled, and requests that are
 * answered at once.
 *
 * Use it for what other services have to know (`evt.*`) or to do (`cmd.*`). `connectNats()` gives a bus on NATS
 * JetStream, `createMemoryBus()` one in this process, for tests.
 *
 * ```ts
 * import { createMemoryBus, STREAM_CONFIGS, Streams } from "@glam/shared/messaging";
 *
 * await using bus = createMemoryBus();
 * for (const config of STREAM_CONFIGS) await bus.ensureStream(config);
 * console.log((await bus.streamInfo(Streams.EVENTS))?.messages); // 0
 * ```
 *
 * @module
 */

export { asyncapi, type AsyncApiDocument, type AsyncApiOptions, type JsonObject } from "./asyncapi.ts";
export { type Clock, createManualClock, type ManualClock, systemClock, type Timer } from "./clock.ts";
export type {
  BusConsumer,
  ConsumerConfig,
  ConsumerInfo,
  ConsumerOptions,
  Delivery,
  FullConsumerConfig,
  PullEnd,
  PullOptions,
  PullSubscription,
} from "./consumer.ts";
export { connectNats } from "./connect_nats.ts";
export { createDeadLetters } from "./create_dead_letters.ts";
export { createInbox } from "./create_inbox.ts";
export { createListener } from "./create_listener.ts";
export { createMemoryBus, type MemoryBus, type MemoryBusOptions } from "./create_memory_bus.ts";
export { createOutbox } from "./create_outbox.ts";
export { createPublisher } from "./create_publisher.ts";
export {
  createResponder,
  type RequestCall,
  type Responder,
  type ResponderOptions,
} from "./create_responder.ts";
export type {
  DeadLetter,
  DeadLetterFilter,
  DeadLetters,
  RedriveOptions,
  RedriveProgress,
  RedriveResult,
} from "./dead_letters.ts";
export { defineEvent, type EventContract, type EventOptions, type WithDefaults } from "./define_event.ts";
export {
  type AnyRequestContract,
  defineRequest,
  type RequestContract,
  type RequestOptions,
} from "./define_request.ts";
export { type EnsuredStream, ensureStreams, type EnsureStreamsOptions } from "./ensure_streams.ts";
export { type DecodedEvent, decodeEvent, type GlamEvent } from "./event.ts";
export {
  CatalogProductsStored,
  CatalogSyncCompleted,
  CatalogSyncRequested,
  type ProductsStoredPayload,
  type SyncCompletedPayload,
  type SyncRequestedPayload,
  SyncType,
} from "./events/catalog.ts";
export {
  ExternalSource,
  MerchantCreated,
  type MerchantCreatedPayload,
  WebhookReceived,
  type WebhookReceivedPayload,
} from "./events/common.ts";
export {
  CreditDeducted,
  type CreditDeductedPayload,
  CreditDeductionRequested,
  type CreditDeductionRequestedPayload,
} from "./events/credit.ts";
export {
  EmailPriority,
  EmailSendBounced,
  EmailSendBulkComplete,
  type EmailSendBulkCompletePayload,
  EmailSendBulkFailed,
  type EmailSendBulkFailedPayload,
  EmailSendBulkRequested,
  type EmailSendBulkRequestedPayload,
  EmailSendBulkStarted,
  EmailSendComplete,
  type EmailSendCompletePayload,
  EmailSendFailed,
  type EmailSendFailedPayload,
  EmailSendRequested,
  type EmailSendRequestedPayload,
} from "./events/notification.ts";
export type {
  Inbox,
  InboxCleanUpOptions,
  InboxEntry,
  InboxOnceOptions,
  InboxOptions,
  InboxResult,
} from "./inbox/inbox.ts";
export { inboxTable } from "./inbox/inbox_table.ts";
export type { ConsumerHealth, Listener, ListenerHealth } from "./listener.ts";
export type {
  AnyEventContract,
  ArgumentsOf,
  EventArguments,
  EventHandler,
  EventOf,
  FailedAttempt,
  FailureDecision,
  InboxArguments,
  ListenerMiddleware,
  ListenerOptions,
  MessageDetails,
} from "./listener_options.ts";
export type {
  BusState,
  CallOptions,
  IncomingMessage,
  MessageBus,
  OutgoingMessage,
  PublishAck,
  PublishOptions,
  RawMessage,
  ServeOptions,
  Serving,
} from "./message_bus.ts";
export { type HeaderEntries, MessageHeaders } from "./message_headers.ts";
export type { NatsOptions, NatsTlsOptions } from "./nats_options.ts";
export type { AddOptions, OutboxOptions, RelayOptions } from "./outbox/options.ts";
export type {
  AddedEvent,
  DeadEvent,
  DeadEventFilter,
  DeadEventsOptions,
  Outbox,
  OutboxStatus,
  Relay,
  RelayHealth,
} from "./outbox/outbox.ts";
export { outboxTable } from "./outbox/outbox_table.ts";
export type {
  PublishedEvent,
  Publisher,
  PublisherOptions,
  PublishEventOptions,
  PublishManyOptions,
} from "./publisher.ts";
export { sendRequest } from "./send_request.ts";
export type {
  EnsureStreamOptions,
  MessageQuery,
  PurgeOptions,
  StoredMessage,
  StreamConfig,
  StreamInfo,
  StreamReport,
} from "./stream.ts";
export { STREAM_CONFIGS, Streams } from "./streams.ts";
export { Subjects } from "./subjects.ts";
