import type {
  JetStreamManager,
  StreamConfig as ServerConfig,
  StreamInfo as ServerInfo,
} from "@nats-io/jetstream";
import { busError } from "../bus/_bus_error.ts";
import { fullStreamConfig, streamDrift } from "../bus/_stream_drift.ts";
import type { EnsureStreamOptions, StreamConfig, StreamInfo, StreamReport } from "../bus/stream.ts";

const NANOS = 1e6;

/** Features, and the first server version that has them. */
const SINCE = { compression: "2.10.0", allowMessageTtl: "2.11.0" } as const;

/** Rejects features that this version of the server would silently ignore. */
export function assertSupported(config: StreamConfig, version: string): void {
  const wanted = [
    ...(config.compression ?? "none") !== "none" ? ["compression" as const] : [],
    ...config.allowMessageTtl ? ["allowMessageTtl" as const] : [],
  ];
  const feature = wanted.find((name) => !isAtLeast(version, SINCE[name]));
  if (feature === undefined) return;
  const why = `${feature} needs nats-server ${SINCE[feature]}, this one is ${version}`;
  throw busError("unsupported", `Cannot ensure ${config.name}: ${why}`, {
    operation: "ensure_stream",
    stream: config.name,
  });
}

/** Whether `version` is at least `wanted`. */
export function isAtLeast(version: string, wanted: string): boolean {
  const [is, want] = [version, wanted].map((text) => text.split(/[.-]/).slice(0, 3).map(Number));
  for (let i = 0; i < 3; i++) if (is![i] !== want![i]) return is![i]! > want![i]!;
  return true;
}

/** How often an update is made again that another process has undone, and how long to wait before looking, in milliseconds. */
const UPDATES = 10;
const SETTLE_MS = 25;

/**
 * Creates a stream, or adds its missing subjects. Several processes may call it at once: an update replaces all subjects, so
 * that of two who add some at the same moment one may be lost. It is therefore read again, and repeated.
 */
export async function ensureServerStream(
  manager: JetStreamManager,
  config: StreamConfig,
  { repair = false }: EnsureStreamOptions,
): Promise<StreamReport> {
  let told: StreamReport | undefined;
  for (let attempt = 1;; attempt++) {
    const existing = await findServerStream(manager, config.name);
    if (existing === undefined) {
      try {
        await manager.streams.add(toServerConfig(config));
        return { outcome: "created", drift: [] };
      } catch (error) {
        // 10058: another process has just created it with another configuration; compare with that.
        if ((error as { code?: unknown }).code === 10058 && attempt < 3) continue;
        throw error;
      }
    }
    const copied = copyOf(existing.config);
    // A copy has no subjects of its own, and the server refuses to add some to a mirror.
    const wanted = copied === undefined ? config : { ...config, subjects: existing.config.subjects ?? [] };
    const { widened, drift, fixed: different } = streamDrift(toStreamConfig(existing.config), wanted);
    const fixed = copied === undefined
      ? different
      : [`it is ${copied}, which takes no subjects`, ...different];
    const isRepaired = repair && drift.length > 0;
    const remaining = isRepaired ? fixed : [...drift, ...fixed];
    if (widened === undefined && !isRepaired) return told ?? { outcome: "unchanged", drift: remaining };
    const subjects = [...widened ?? existing.config.subjects ?? []];
    const { name: _name, storage: _storage, subjects: _subjects, ...changes } = toServerConfig(config);
    await manager.streams.update(config.name, {
      ...isRepaired && changes,
      ...copied === undefined && { subjects },
    });
    told = { outcome: "updated", drift: remaining };
    if (widened === undefined || attempt === UPDATES) return told;
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS * (1 + Math.random())));
  }
}

/** What a stream copies, in words, when it is a mirror, or has sources and no subjects of its own. */
function copyOf({ mirror, sources = [], subjects = [] }: ServerConfig): string | undefined {
  if (mirror) return `a mirror of ${mirror.name}`;
  if (sources.length === 0 || subjects.length > 0) return undefined;
  return `a copy of ${sources.map(({ name }) => name).join(", ")}`;
}

/** The server's info of a stream, or `undefined` when there is none. */
export async function findServerStream(
  manager: JetStreamManager,
  name: string,
): Promise<ServerInfo | undefined> {
  try {
    return await manager.streams.info(name);
  } catch (error) {
    if ((error as Error).name === "StreamNotFoundError") return undefined;
    throw error;
  }
}

/** Converts the server's info of a stream. */
export function toStreamInfo({ config, created, state }: ServerInfo): StreamInfo {
  return {
    config: toStreamConfig(config),
    messages: state.messages,
    bytes: state.bytes,
    firstSequence: state.messages === 0 ? state.last_seq + 1 : state.first_seq,
    lastSequence: state.last_seq,
    consumers: state.consumer_count,
    created,
  };
}

function toServerConfig(config: StreamConfig): Partial<ServerConfig> & { name: string } {
  const full = fullStreamConfig(config);
  return {
    name: full.name,
    subjects: [...full.subjects],
    retention: "limits",
    storage: full.storage!,
    discard: full.discard!,
    num_replicas: full.replicas!,
    max_age: (full.maxAgeMs ?? 0) * NANOS,
    max_msgs: full.maxMessages ?? -1,
    max_bytes: full.maxBytes ?? -1,
    max_msg_size: full.maxMessageBytes ?? -1,
    duplicate_window: full.duplicateWindowMs! * NANOS,
    ...full.compression === "s2" && { compression: "s2" },
    ...full.allowMessageTtl && { allow_msg_ttl: true },
  } as Partial<ServerConfig> & { name: string };
}

function toStreamConfig(config: ServerConfig): StreamConfig {
  const limit = (value: number | undefined) => value !== undefined && value > 0 ? value : undefined;
  const { max_age, duplicate_window } = config;
  return fullStreamConfig({
    name: config.name,
    subjects: config.subjects ?? [], // a mirror has none
    maxAgeMs: limit(max_age === undefined ? undefined : max_age / NANOS),
    maxMessages: limit(config.max_msgs),
    maxBytes: limit(config.max_bytes),
    maxMessageBytes: limit(config.max_msg_size),
    discard: config.discard,
    duplicateWindowMs: limit(duplicate_window === undefined ? undefined : duplicate_window / NANOS),
    storage: config.storage,
    replicas: config.num_replicas,
    compression: (config as { compression?: "none" | "s2" }).compression,
    allowMessageTtl: (config as { allow_msg_ttl?: boolean }).allow_msg_ttl,
  });
}
