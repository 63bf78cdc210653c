/** A nonce for the style of one answer, so that no style of another one's counts. */
export function makeNonce(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18))));
}

/** What is sent beside the body of a page. */
export interface PageHeaders {
  readonly contentType: string;
  /** Content security policy. */
  readonly policy: string;
  readonly status?: number;
  /**
   * Which requests name the page that they came from. With `no-referrer` browsers send `Origin: null` with forms of the
   * page itself.
   * @default "no-referrer"
   */
  readonly referrer?: "no-referrer" | "same-origin";
}

/** An answer that no cache keeps, no search engine lists and no browser takes for something else. */
export function pageResponse(
  body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
  { contentType, policy, status = 200, referrer = "no-referrer" }: PageHeaders,
): Response {
  return new Response(body, {
    status,
    headers: {
      "Content-Type": contentType,
      "Content-Security-Policy": policy,
      "Cache-Control": "no-store",
      "Referrer-Policy": referrer,
      "X-Content-Type-Options": "nosniff",
      "X-Robots-Tag": "noindex, nofollow",
    },
  });
}
