/**
 * Bundles a worker with wrangler and runs it in workerd, as Cloudflare would, on a free port.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { copyFolder, createConsumer } from "../../scripts/_consumer.ts";
import { root } from "../../scripts/_project.ts";
import { runOrThrow, spawn } from "../../scripts/_run.ts";
import { node, tools, workerd, workerdCompatibilityDate } from "../../scripts/tools.ts";

/** A worker that answers requests. */
export interface RunningWorker extends AsyncDisposable {
  readonly url: string;
  /** What the worker has written to its console so far. */
  logs(): string;
}

/** Options of {@link bundleWorker}. */
export interface BundleOptions {
  readonly minify?: boolean;
  /**
   * The main module, relative to the root of the checkout.
   * @default `tests/workerd/workers/<name>.ts`
   */
  readonly main?: string;
  /** Packages that are left out. */
  readonly without?: readonly string[];
  /**
   * Whether functions keep their names when they are minified, as wrangler has it.
   * @default true
   */
  readonly keepNames?: boolean;
}

/**
 * Bundles a worker with the packed tarball, and gives the folder of the bundle, whose main module is `<name>.js`.
 */
export async function bundleWorker(name: string, options: BundleOptions = {}): Promise<string> {
  const { minify = false, main = `tests/workerd/workers/${name}.ts`, without = [], keepNames = true } =
    options;
  const folder = await createConsumer(`workerd-${name}${minify ? "-minified" : ""}`);
  await copyFolder(`${root}/${dirname(main)}`, folder);
  const config = {
    name: name.replaceAll("_", "-"),
    main: basename(main),
    compatibility_date: workerdCompatibilityDate,
    compatibility_flags: ["nodejs_compat"],
    keep_names: keepNames,
    alias: Object.fromEntries(without.map((each) => [each, "./nothing.js"])),
  };
  await Deno.writeTextFile(`${folder}/nothing.js`, "");
  await Deno.writeTextFile(`${folder}/wrangler.json`, JSON.stringify(config));
  const wrangler = [await node(), `${await tools("wrangler")}/wrangler/bin/wrangler.js`];
  const args = ["deploy", "--dry-run", "--outdir", "out", ...(minify ? ["--minify"] : [])];
  await runOrThrow([...wrangler, ...args], {
    cwd: folder,
    env: { CI: "1", WRANGLER_SEND_METRICS: "false", WRANGLER_LOG_PATH: `${folder}/logs` },
  });
  return `${folder}/out`;
}

/**
 * Serves a bundle until it is disposed of, with these environment variables, and service bindings of these names to the
 * worker itself.
 */
export async function startWorker(
  bundle: string,
  name: string,
  env: Readonly<Record<string, string>> = {},
  selves: readonly string[] = [],
): Promise<RunningWorker> {
  await Deno.writeTextFile(
    `${bundle}/workerd.capnp`,
    workerdConfig(name, await bundledModules(bundle, name), env, selves),
  );
  // workerd picks a free port and tells it on the control channel, here its standard output.
  const child = spawn([await workerd(), "serve", "--control-fd=1", "workerd.capnp"], {
    cwd: bundle,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  let logs = "";
  const port = Promise.withResolvers<number>();
  const read = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      logs += text;
      const match = /"event":"listen".*?"port":(\d+)/.exec(logs);
      if (match !== null) port.resolve(Number(match[1]));
    }
  };
  const streams = Promise.all([read(child.stdout), read(child.stderr)]);
  streams.then(() => port.reject(new Error(`workerd ended before it listened\n${logs}`)));
  const close = async (): Promise<void> => {
    child.kill("SIGTERM");
    await Promise.all([child.status, streams]);
  };
  return { url: `http://127.0.0.1:${await port.promise}`, logs: () => logs, [Symbol.asyncDispose]: close };
}

/** The main module, then those that wrangler put beside it. */
async function bundledModules(bundle: string, name: string): Promise<string[]> {
  const files = (await Array.fromAsync(Deno.readDir(bundle))).map((entry) => entry.name);
  const modules = files.filter((file) => /\.m?js$/.test(file) && file !== `${name}.js`);
  return [`${name}.js`, ...modules.sort()];
}

function workerdConfig(
  name: string,
  modules: readonly string[],
  env: Readonly<Record<string, string>>,
  selves: readonly string[],
): string {
  const bindings = [
    ...Object.entries(env).map(([key, value]) => `(name = "${key}", text = ${JSON.stringify(value)})`),
    ...selves.map((key) => `(name = "${key}", service = "${name}")`),
  ];
  const list = modules.map((file) => `(name = "${file}", esModule = embed "${file}")`).join(", ");
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "${name}", worker = (
      modules = [${list}],
      compatibilityDate = "${workerdCompatibilityDate}",
      compatibilityFlags = ["nodejs_compat"],
      bindings = [${bindings.join(", ")}],
    )),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "${name}")],
);
`;
}
