/**
 * Starts a Prometheus for tests. It ends with the test, and with the process that started it.
 *
 * @module
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChild } from "./child_process.ts";
import { freePort } from "./free_port.ts";
import { prometheus } from "./promtool.ts";

/** Options of {@link startPrometheus}. */
export interface PrometheusOptions {
  /** Files of rules. */
  readonly rules: readonly string[];
  /** What it scrapes, as `<host>:<port>`. */
  readonly targets: readonly string[];
  /** How often it scrapes: `1s`. */
  readonly scrapeInterval: string;
  /** How often it evaluates rules. */
  readonly evaluationInterval: string;
}

/** An alert that is pending or fires. */
export interface ActiveAlert {
  readonly state: "firing" | "pending";
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** One series of an answer. */
export interface QueriedSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

/** A running Prometheus. */
export interface PrometheusServer extends AsyncDisposable {
  /** The alerts that fire. */
  firing(): Promise<ActiveAlert[]>;
  /** What a query gives at this moment. */
  query(expression: string): Promise<QueriedSeries[]>;
  /** The values of a label of the series that a selector matches. */
  labelValues(label: string, selector: string): Promise<string[]>;
  /** The rules that could not be evaluated, with why. */
  failedRules(): Promise<string[]>;
}

interface Rule {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
}

/** Starts one, and waits until it answers. */
export async function startPrometheus(options: PrometheusOptions): Promise<PrometheusServer> {
  const { rules, targets, scrapeInterval, evaluationInterval } = options;
  const folder = await mkdtemp(join(tmpdir(), "glam-prometheus-"));
  const paths = rules.map((_, index) => join(folder, `rules-${index}.yml`));
  await Promise.all(paths.map((path, index) => writeFile(path, rules[index]!)));
  const config = {
    global: {
      scrape_interval: scrapeInterval,
      scrape_timeout: scrapeInterval,
      evaluation_interval: evaluationInterval,
    },
    rule_files: paths,
    scrape_configs: [{ job_name: "services", static_configs: [{ targets }] }],
  };
  await writeFile(join(folder, "prometheus.yml"), JSON.stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  const child = startChild(await prometheus(), [
    `--config.file=${join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=${address}`,
    "--log.level=warn",
  ]);
  const get = async <T>(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<T> => {
    const response = await fetch(`http://${address}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const answer = await response.json() as { readonly data: T; readonly error?: string };
    if (!response.ok) throw new Error(`${JSON.stringify(parameters)}: ${answer.error}`);
    return answer.data;
  };
  const isReady = () => fetch(`http://${address}/-/ready`).then(({ ok }) => ok, () => false);
  await child.reaches(isReady, "Prometheus is ready");
  return {
    async firing() {
      const { alerts } = await get<{ readonly alerts: readonly ActiveAlert[] }>("alerts");
      return alerts.filter(({ state }) => state === "firing");
    },
    async query(query) {
      return (await get<{ readonly result: QueriedSeries[] }>("query", { query })).result;
    },
    labelValues: (label, selector) => get(`label/${label}/values`, { "match[]": selector }),
    async failedRules() {
      const { groups } = await get<{ readonly groups: readonly { readonly rules: readonly Rule[] }[] }>(
        "rules",
      );
      return groups.flatMap(({ rules }) =>
        rules.filter(({ health }) => health === "err").map(({ name, lastError }) => `${name}: ${lastError}`)
      );
    },
    async [Symbol.asyncDispose]() {
      await child[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
