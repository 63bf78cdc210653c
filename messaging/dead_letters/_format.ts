/** Headers of a dead letter, beside those of its message. */
export const DLQ_HEADERS = {
  stream: "Glam-Dlq-Stream",
  sequence: "Glam-Dlq-Sequence",
  consumer: "Glam-Dlq-Consumer",
  messageId: "Glam-Dlq-Message-Id",
  attempts: "Glam-Dlq-Attempts",
  errorCode: "Glam-Dlq-Error-Code",
  errorName: "Glam-Dlq-Error-Name",
  errorMessage: "Glam-Dlq-Error-Message",
  errorDigest: "Glam-Dlq-Error-Digest",
  firstFailedAt: "Glam-Dlq-First-Failed-At",
  lastFailedAt: "Glam-Dlq-Last-Failed-At",
  redriveCount: "Glam-Dlq-Redrive-Count",
} as const;

const PREFIX = "dlq.";

/** The subject of the dead letters of `subject`. */
export function dlqSubject(subject: string): string {
  return PREFIX + subject;
}

/** The subject of the message that became a dead letter. */
export function originOf(dlqSubject: string): string {
  return dlqSubject.startsWith(PREFIX) ? dlqSubject.slice(PREFIX.length) : dlqSubject;
}
