/**
 * Finds `nats-server`: the one that is given, on the PATH, or Debian's, unpacked into `.cache/tools`.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { access, mkdir, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const runFile = promisify(execFile);

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
    await mkdir(folder, { recursive: true });
    await runFile("apt-get", ["download", "nats-server"], { cwd: folder });
    const [file] = (await readdir(folder)).filter((name) => name.endsWith(".deb"));
    await runFile("dpkg", ["-x", file!, "."], { cwd: folder });
    return unpacked;
  } catch (cause) {
    throw new Error(HOW_TO_GET_IT, { cause });
  }
}
