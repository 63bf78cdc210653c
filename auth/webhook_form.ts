/** How a sender signs its webhooks: with HMAC-SHA256 and a shared secret. */
export interface WebhookForm {
  /** Name of the sender, in the log and in `webhook.form`. */
  readonly name: string;
  /** How signatures are written. */
  readonly encoding: "base64" | "hex";
  /** The signatures that a request carries; one that is right is enough. */
  signatures(headers: Headers): readonly string[];
  /**
   * What is signed, one part after the other.
   * @default the body alone
   */
  signed?(headers: Headers, body: Uint8Array): readonly (string | Uint8Array)[];
  /**
   * When the webhook was signed, in seconds since 1970, where that is a part of what is signed: then one that is older than
   * `toleranceSeconds` is refused.
   * @default not known
   */
  signedAt?(headers: Headers): number | undefined;
  /**
   * Id of the event, by which a repetition is known.
   * @default not known; the body itself is compared in any case
   */
  id?(headers: Headers, body: Uint8Array): string | undefined;
  /**
   * What else the headers say, such as the topic. Nothing of it is signed.
   * @default nothing
   */
  unverified?(headers: Headers): Readonly<Record<string, string | undefined>>;
}
