import { firstText, type ForeignError } from "./_shape.ts";
import { MessageBusError, type MessageBusErrorKind } from "./infrastructure.ts";

interface Verdict {
  readonly kind?: MessageBusErrorKind;
  readonly retryable: boolean;
}

const UNAVAILABLE: Verdict = { kind: "unavailable", retryable: true };
const TIMEOUT: Verdict = { kind: "timeout", retryable: true };
const NO_STREAM: Verdict = { kind: "no_stream", retryable: false };
const TOO_LARGE: Verdict = { kind: "too_large", retryable: false };
const REFUSED: Verdict = { retryable: false };

const MESSAGES: Readonly<Record<string, string>> = {
  no_stream: "No stream covers the subject",
  timeout: "Message bus did not answer in time",
  too_large: "Message is too large",
  unavailable: "Message bus is not available",
};

// Names that only the @nats-io packages use. `NoResponders` is the name of a NoRespondersError.
const BY_NAME: Readonly<Record<string, Verdict>> = {
  ClosedConnectionError: UNAVAILABLE,
  ConsumerNotFoundError: REFUSED,
  DrainingConnectionError: UNAVAILABLE,
  InvalidSubjectError: REFUSED,
  JetStreamError: REFUSED,
  JetStreamNotEnabled: NO_STREAM, // what a publish to a subject without a stream ends with
  NoResponders: UNAVAILABLE,
  NoRespondersError: UNAVAILABLE,
  PermissionViolationError: REFUSED,
  StreamNotFoundError: NO_STREAM,
  UserAuthenticationExpiredError: REFUSED,
};

// Names that other libraries use as well; those put a `code` on their errors, the nats.js core does not.
const BY_COMMON_NAME: Readonly<Record<string, (error: ForeignError) => Verdict | undefined>> = {
  AuthorizationError: ({ message }) =>
    /authorization violation|authentication (?:expired|timeout)/i.test(String(message)) ? REFUSED : undefined,
  ConnectionError: () => UNAVAILABLE,
  InvalidArgumentError: ({ message }) => /max_payload/.test(String(message)) ? TOO_LARGE : REFUSED,
  RequestError: ({ isNoResponders, cause }) =>
    typeof isNoResponders !== "function"
      ? undefined
      : (cause as ForeignError | undefined)?.name === "PermissionViolationError"
      ? REFUSED
      : UNAVAILABLE,
  TimeoutError: ({ message }) => message === "timeout" ? TIMEOUT : undefined,
};

// https://github.com/nats-io/nats-server/blob/main/server/errors.json
const API_CODES: Readonly<Record<number, Verdict>> = {
  10039: REFUSED, // JetStream is not enabled for the account
  10054: TOO_LARGE, // message size exceeds maximum allowed
  10059: NO_STREAM, // stream not found
  10060: NO_STREAM, // expected stream does not match
  10097: TOO_LARGE, // header size exceeds maximum allowed
};

/** The error for one of the nats.js client, or `undefined` for any other. */
export function fromNats(error: ForeignError): MessageBusError | undefined {
  const verdict = judge(error);
  if (verdict === undefined) return undefined;
  const { kind, retryable } = verdict;
  const message = MESSAGES[kind ?? ""] ?? "Message bus operation failed";
  return new MessageBusError(message, { kind, retryable, subject: firstText(error.subject), cause: error });
}

function judge(error: ForeignError): Verdict | undefined {
  const { name, code, status } = error;
  if (typeof name !== "string") return undefined;
  if (Object.hasOwn(BY_NAME, name)) return BY_NAME[name];
  if (name === "JetStreamApiError") {
    return API_CODES[Number(code)] ?? (Number(status) >= 500 ? UNAVAILABLE : REFUSED);
  }
  if (name === "JetStreamStatusError") {
    return code === 408 ? TIMEOUT : Number(code) >= 500 ? UNAVAILABLE : REFUSED;
  }
  return code === undefined && Object.hasOwn(BY_COMMON_NAME, name) ? BY_COMMON_NAME[name]!(error) : undefined;
}
