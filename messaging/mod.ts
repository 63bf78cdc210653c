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

export {
  asyncapi,
  type AsyncApiDocument,
  type AsyncApiOptions,
  type JsonObject,
} from "./contract/asyncapi.ts";
export { type Clock, createManualClock, type ManualClock, systemClock, type Timer } from "./bus/clock.ts";
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
  SharedPullOptions,
  SharedPulls,
  StreamConsumer,
} from "./bus/consumer.ts";
export { connectNats } from "./nats/connect_nats.ts";
export { createDeadLetters } from "./dead_letters/create_dead_letters.ts";
export { createInbox } from "./inbox/create_inbox.ts";
export { createListener } from "./listener/create_listener.ts";
export { createMemoryBus } from "./memory/create_memory_bus.ts";
export type { MemoryBus, MemoryBusOptions } from "./memory/memory_bus.ts";
export { createOutbox } from "./outbox/create_outbox.ts";
export { createPublisher } from "./publisher/create_publisher.ts";
export {
  createResponder,
  type RequestCall,
  type Responder,
  type ResponderOptions,
  type ResponderStats,
} from "./request/create_responder.ts";
export type {
  DeadLetter,
  DeadLetterFilter,
  DeadLetterListOptions,
  DeadLetterPage,
  DeadLetters,
  NewestDeadLettersOptions,
  RedriveOptions,
  RedriveProgress,
  RedriveResult,
} from "./dead_letters/dead_letters.ts";
export {
  type AnyEventContract,
  defineEvent,
  type DefineEventOptions,
  type EventContract,
  type EventOptions,
  type NoPartitions,
  type PartitionOptions,
  type WithDefaults,
} from "./contract/define_event.ts";
export {
  type AnyRequestContract,
  defineRequest,
  type RequestContract,
  type RequestOptions,
} from "./contract/define_request.ts";
export { type DomainStream, domainStreams, type StreamLayout } from "./bus/domain_streams.ts";
export { ensureStreams, type EnsureStreamsOptions } from "./bus/ensure_streams.ts";
export type { EnsuredStream } from "./bus/ensured_stream.ts";
export { type DecodedEvent, decodeEvent, type GlamEvent } from "./contract/event.ts";
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
  InboxFence,
  InboxOnceOptions,
  InboxOptions,
  InboxResult,
} from "./inbox/inbox.ts";
export { inboxFenceTable, inboxTable } from "./inbox/inbox_table.ts";
export type {
  ConsumerHealth,
  ConsumerStats,
  Listener,
  ListenerHealth,
  ListenerStats,
} from "./listener/listener.ts";
export type {
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
} from "./listener/options.ts";
export type {
  BusState,
  CallOptions,
  GatherOptions,
  IncomingMessage,
  MessageBus,
  OutgoingMessage,
  PublishAck,
  PublishOptions,
  RawMessage,
  ServeOptions,
  Serving,
} from "./bus/message_bus.ts";
export { type HeaderEntries, MessageHeaders } from "./bus/message_headers.ts";
export type { NatsOptions, NatsTlsOptions } from "./nats/nats_options.ts";
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
} from "./publisher/publisher.ts";
export { sendRequest } from "./request/send_request.ts";
export type {
  EnsureStreamOptions,
  MessageQuery,
  MessageRange,
  PurgeOptions,
  ReadMessagesOptions,
  StoredMessage,
  StreamConfig,
  StreamInfo,
  StreamReport,
} from "./bus/stream.ts";
export type { FleetStreamLimits, StreamLimits } from "./bus/stream_limits.ts";
export { STREAM_CONFIGS, Streams } from "./bus/streams.ts";
export { Subjects } from "./contract/subjects.ts";
