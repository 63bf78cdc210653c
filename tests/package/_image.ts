/**
 * The image of a service without a container: the steps of its Dockerfile in a folder, with what `.dockerignore` leaves.
 *
 * @module
 */
import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { runChild } from "../_support/child_process.ts";

/** What the built image runs. */
export interface Image {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly healthCheck: readonly string[];
}

/** Options of {@link buildImage}. */
export interface ImageOptions {
  /** The service, installed. */
  readonly source: string;
  /** The folder of the image. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Programs by their names, where the `PATH` does not have them. */
  readonly programs: Readonly<Record<string, readonly string[]>>;
}

/** Follows the Dockerfile of a service. */
export async function buildImage({ source, folder, env, programs }: ImageOptions): Promise<Image> {
  const text = await readFile(join(source, "Dockerfile"), "utf8");
  const own: Record<string, string> = {};
  let entrypoint: string[] = [];
  let healthCheck: string[] = [];
  await mkdir(folder);
  const copy = (name: string) => cp(join(source, name), join(folder, name), { recursive: true });
  for (const [, instruction, rest] of text.replaceAll("\\\n", "").matchAll(/^([A-Z]+) +(.*)$/gm)) {
    const words = rest!.split(/ +/);
    if (instruction === "ENV") Object.assign(own, Object.fromEntries(words.map((word) => word.split("="))));
    else if (instruction === "ENTRYPOINT") entrypoint = JSON.parse(rest!);
    else if (instruction === "HEALTHCHECK") healthCheck = JSON.parse(rest!.slice(rest!.indexOf("[")));
    else if (instruction === "COPY") {
      assert.match(words.at(-1)!, /^\.\/?$/);
      const names = words[0] === "." ? await sentFiles(source) : words.slice(0, -1);
      await Promise.all(names.map(copy));
    } else if (instruction === "RUN") {
      const [program, ...args] = [...programs[words[0]!] ?? [words[0]!], ...words.slice(1)];
      const { code, out, errors } = await runChild(program!, args, { cwd: folder, env: { ...env, ...own } });
      assert.equal(code, 0, `${rest}: ${out}${errors}`);
    } else assert.match(instruction!, /^(FROM|WORKDIR|USER|EXPOSE)$/);
  }
  return { folder, env: { ...env, ...own }, entrypoint, healthCheck };
}

/** What `.dockerignore` leaves of a folder: of its patterns, those that the file of a new service has. */
async function sentFiles(folder: string): Promise<string[]> {
  const patterns = (await readFile(join(folder, ".dockerignore"), "utf8")).trim().split("\n");
  return (await readdir(folder)).filter((name) => {
    const last = patterns.findLast((pattern) => {
      const own = pattern.replace(/^!/, "").replaceAll(".", "\\.").replaceAll("*", ".*");
      return new RegExp(`^${own}$`).test(name);
    });
    return last === undefined || last.startsWith("!");
  });
}
