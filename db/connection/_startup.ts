// The parts of the protocol that are read and written here while a connection starts. The driver handles the rest.
// https://www.postgresql.org/docs/current/protocol-message-formats.html
const BACKEND_KEY_DATA = 0x4b;
const READY_FOR_QUERY = 0x5a;
const PARAMETER_STATUS = 0x53;
const PROTOCOL_3 = 196_608;
const CANCEL_REQUEST = 80_877_102;

/** Reads the server's messages during startup, from chunks of any size. */
export class StartupReader {
  /** The process id and secret of the backend, as {@link backendKey} writes them. */
  key: string | undefined;
  /** The settings that the server reports, by name. */
  readonly parameters: Map<string, string> = new Map();
  /** Whether the server has sent ReadyForQuery. */
  ready = false;
  #rest: Uint8Array = new Uint8Array(0);

  read(chunk: Uint8Array): void {
    const bytes = concat(this.#rest, chunk);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (at + 5 <= bytes.length) {
      const next = at + 1 + view.getUint32(at + 1);
      if (next > bytes.length) break;
      if (bytes[at] === BACKEND_KEY_DATA) {
        this.key = backendKey(view.getUint32(at + 5), view.getUint32(at + 9));
      }
      if (bytes[at] === PARAMETER_STATUS) {
        const [name = "", value = ""] = new TextDecoder().decode(bytes.subarray(at + 5, next)).split("\0");
        this.parameters.set(name, value);
      }
      if (bytes[at] === READY_FOR_QUERY) this.ready = true;
      at = next;
    }
    this.#rest = bytes.slice(at);
  }
}

/** A key for a backend: its process id and secret. A pooler makes up both. */
export function backendKey(pid: number, secret: number): string {
  return `${pid}:${secret}`;
}

/** Whether this first message is a CancelRequest. */
export function isCancelRequest(chunk: Uint8Array): boolean {
  return chunk.length === 16 && codeAt(chunk, 0) === CANCEL_REQUEST;
}

/**
 * The startup message at the end of `chunk`. When a connection closes, postgres.js keeps what it has not yet written, and
 * writes it in front of the next startup message, which a server would refuse.
 */
export function startupMessage(chunk: Uint8Array): Uint8Array {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  for (let at = chunk.length - 9; at >= 0; at--) {
    if (codeAt(chunk, at) === PROTOCOL_3 && view.getUint32(at) === chunk.length - at) {
      return chunk.subarray(at);
    }
  }
  return chunk;
}

function codeAt(chunk: Uint8Array, at: number): number {
  return new DataView(chunk.buffer, chunk.byteOffset + at, 8).getUint32(4);
}

function concat(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length === 0) return right;
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}
