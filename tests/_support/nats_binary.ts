/**
 * Finds `nats-server`: the one that is given, on the PATH, or Debian's, unpacked into `.cache/tools`.
 *
 * @module
 */
import { access } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { fetchDebian, fetchedPath } from "./debian_package.ts";

const HOW_TO_GET_IT =
  "This test needs nats-server; to bring it: apt-get install nats-server, or brew install nats-server";

const NATS_SERVER = { name: "nats-server", path: "usr/sbin/nats-server" };

let found: Promise<string> | undefined;

/** The path of `nats-server`. */
export function natsBinary(): Promise<string> {
  return found ??= findNats();
}

async function findNats(): Promise<string> {
  const folder = fileURLToPath(new URL("../../.cache/tools/debian-nats-server", import.meta.url));
  const onPath = (process.env["PATH"] ?? "").split(":").map((folder) => `${folder}/nats-server`);
  const fetched = fetchedPath(NATS_SERVER, folder);
  for (const path of [process.env["GLAM_NATS_SERVER"] ?? "", ...onPath, "/usr/sbin/nats-server", fetched]) {
    if (path !== "" && await access(path).then(() => true, () => false)) return path;
  }
  try {
    return await fetchDebian(NATS_SERVER, folder);
  } catch (cause) {
    throw new Error(HOW_TO_GET_IT, { cause });
  }
}
