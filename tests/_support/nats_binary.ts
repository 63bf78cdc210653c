/**
 * Finds `nats-server`: the one that is given, on the PATH, or Debian's, unpacked into `.cache/tools`.
 *
 * @module
 */
import { access } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { unpackDebian } from "./debian_package.ts";

const HOW_TO_GET_IT =
  "This test needs nats-server; to bring it: apt-get install nats-server, or brew install nats-server";

let found: Promise<string> | undefined;

/** The path of `nats-server`. */
export function natsBinary(): Promise<string> {
  return found ??= findNats();
}

async function findNats(): Promise<string> {
  const folder = fileURLToPath(new URL("../../.cache/tools/nats-server", import.meta.url));
  const onPath = (process.env["PATH"] ?? "").split(":").map((folder) => `${folder}/nats-server`);
  const unpacked = `${folder}/usr/sbin/nats-server`;
  for (const path of [process.env["GLAM_NATS_SERVER"] ?? "", ...onPath, "/usr/sbin/nats-server", unpacked]) {
    if (path !== "" && await access(path).then(() => true, () => false)) return path;
  }
  try {
    await unpackDebian(["nats-server"], folder);
    await access(unpacked);
    return unpacked;
  } catch (cause) {
    throw new Error(HOW_TO_GET_IT, { cause });
  }
}
