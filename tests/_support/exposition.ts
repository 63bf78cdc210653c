/**
 * A strict reader of the Prometheus text format 0.0.4 and of OpenMetrics 1.0, for what `promtool check metrics` does
 * not notice. Throws at the first line that breaks a rule.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/
 *
 * @module
 */

/** The format that a text is in. */
export type ExpositionFormat = "openmetrics" | "text";

/** The trace that a sample points at. */
export interface Exemplar {
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
  readonly timestamp: number | undefined;
}

/** One line with a value. */
export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
  readonly exemplar: Exemplar | undefined;
}

/** One block of a text. */
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*"`;
const LABELS = String.raw`\{((?:${LABEL}(?:,${LABEL})*)?)\}`;
// Infinity and NaN may be written in any case, as ABNF has it.
const NUMBER = String
  .raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN]`;
const TIME = String.raw`\d+(?:\.\d+)?`;

const META_LINE = new RegExp(`^# (HELP|TYPE|UNIT) (${NAME}) (.+)$`);
const SAMPLE_LINE = new RegExp(
  `^(${NAME})(?:${LABELS})? (${NUMBER})(?: (${TIME}))?(?: # ${LABELS} (${NUMBER})(?: (${TIME}))?)?$`,
);

/** What may stand behind a family's name in the name of a sample, by the type of the family. */
const SUFFIXES: Readonly<Record<ExpositionFormat, Readonly<Record<string, readonly string[]>>>> = {
  openmetrics: {
    counter: ["_total", "_created"],
    gauge: [""],
    histogram: ["_bucket", "_sum", "_count", "_created"],
    summary: ["", "_sum", "_count", "_created"],
  },
  text: {
    counter: [""],
    gauge: [""],
    histogram: ["_bucket", "_sum", "_count"],
    summary: ["", "_sum", "_count"],
  },
};

const MAX_EXEMPLAR_CHARS = 128;

/** The families of a text. */
export function parseExposition(text: string, format: ExpositionFormat): Family[] {
  const families = parseFamilies(linesOf(text, format), format);
  for (const family of families) {
    checkSeries(family);
    if (family.type === "histogram") checkHistogram(family, format);
  }
  return families;
}

function linesOf(text: string, format: ExpositionFormat): string[] {
  if (!text.endsWith("\n")) throw new Error("The text does not end with a line feed");
  if (text.includes("\r")) throw new Error("The text has a carriage return");
  const lines = text.slice(0, -1).split("\n");
  if (format === "text") return lines.filter((line) => line !== "");
  if (lines.pop() !== "# EOF") throw new Error("The text does not end with # EOF");
  return lines;
}

interface OpenFamily {
  readonly name: string;
  type?: string;
  help?: string;
  unit?: string;
  readonly samples: Sample[];
}

function parseFamilies(lines: readonly string[], format: ExpositionFormat): Family[] {
  const closed = new Set<string>();
  const families: OpenFamily[] = [];
  lines.forEach((line, i) => {
    const fail = (why: string): never => {
      throw new Error(`Line ${i + 1}: ${why}: ${line}`);
    };
    const [, kind, name, text] = META_LINE.exec(line) ?? [];
    if (name !== undefined) {
      let family = families.at(-1);
      if (family?.name !== name) {
        if (closed.has(name)) fail("the family is split in two");
        closed.add(name);
        families.push(family = { name, samples: [] });
      }
      if (family.samples.length > 0) fail("metadata behind samples");
      const key = kind!.toLowerCase() as "help" | "type" | "unit";
      if (family[key] !== undefined) fail(`a second ${kind}`);
      if (kind === "TYPE" && SUFFIXES[format][text!] === undefined) fail("an unknown type");
      if (kind === "UNIT" && !name.endsWith(`_${text}`)) fail("a unit that is not in the name");
      family[key] = text!;
      return;
    }
    const sample = parseSample(line) ?? fail("not a line of this format");
    const family = families.at(-1) ?? fail("a sample without a family");
    const suffixes = SUFFIXES[format][family.type ?? fail("a sample without a type")]!;
    const suffix = suffixes.find((each) => sample.name === family.name + each) ??
      fail("a sample of another family");
    if (suffix === "_bucket" && !sample.labels.has("le")) fail("a bucket without le");
    if (sample.exemplar !== undefined) {
      if (format === "text") fail("an exemplar");
      if (suffix !== "_total" && suffix !== "_bucket") fail("an exemplar where there may be none");
      const chars = [...sample.exemplar.labels].flat().reduce((sum, part) => sum + [...part].length, 0);
      if (chars > MAX_EXEMPLAR_CHARS) fail(`an exemplar of ${chars} characters`);
    }
    if (family.type === "counter" && !(sample.value >= 0)) fail("a counter below zero");
    family.samples.push(sample);
  });
  return families.map(({ name, type, help, samples }) => {
    if (type === undefined || help === undefined) throw new Error(`${name} has no TYPE or no HELP`);
    return { name, type, help, samples };
  });
}

function parseSample(line: string): Sample | undefined {
  const match = SAMPLE_LINE.exec(line);
  if (match === null) return undefined;
  const [, name, labels, value, , exemplarLabels, exemplarValue, exemplarTime] = match;
  return {
    name: name!,
    labels: parseLabels(labels ?? ""),
    value: parseNumber(value!),
    exemplar: exemplarValue === undefined ? undefined : {
      labels: parseLabels(exemplarLabels!),
      value: parseNumber(exemplarValue),
      timestamp: exemplarTime === undefined ? undefined : Number(exemplarTime),
    },
  };
}

function parseLabels(text: string): Map<string, string> {
  const labels = new Map<string, string>();
  for (const [label] of text.matchAll(new RegExp(LABEL, "g"))) {
    const name = label.slice(0, label.indexOf("="));
    if (labels.has(name)) throw new Error(`A second label ${name}: {${text}}`);
    const value = label.slice(name.length + 2, -1).replace(
      /\\(.)/g,
      (_, char) => char === "n" ? "\n" : char,
    );
    labels.set(name, value);
  }
  return labels;
}

function parseNumber(text: string): number {
  return Number(text.replace(/inf(inity)?/i, "Infinity").replace(/nan/i, "NaN"));
}

function keyOf(labels: ReadonlyMap<string, string>, without?: string): string {
  return JSON.stringify([...labels].filter(([name]) => name !== without).sort());
}

/** No series may be there twice, and one metric's samples stand together. */
function checkSeries({ name, samples }: Family): void {
  const series = new Set<string>();
  for (const sample of samples) {
    const key = sample.name + keyOf(sample.labels);
    if (series.has(key)) throw new Error(`${name} has a series twice: ${key}`);
    series.add(key);
  }
}

function checkHistogram({ name, samples }: Family, format: ExpositionFormat): void {
  for (const [key, metric] of Map.groupBy(samples, ({ labels }) => keyOf(labels, "le"))) {
    const fail = (why: string): never => {
      throw new Error(`${name}${key}: ${why}`);
    };
    const first = samples.indexOf(metric[0]!);
    if (metric.some((sample, i) => samples[first + i] !== sample)) fail("its samples do not stand together");
    const buckets = metric.filter((sample) => sample.name === `${name}_bucket`);
    let bound = -Infinity;
    let count = 0;
    for (const { labels, value, exemplar } of buckets) {
      const le = labels.get("le")!;
      const next = parseNumber(le);
      if (format === "openmetrics" && le !== canonical(next)) fail(`le="${le}" is not ${canonical(next)}`);
      if (!(next > bound)) fail(`the bounds do not ascend at ${le}`);
      if (value < count) fail(`the buckets are not cumulative at ${le}`);
      if (exemplar !== undefined && !(exemplar.value <= next && exemplar.value > bound)) {
        fail(`the exemplar ${exemplar.value} is not of the bucket up to ${le}`);
      }
      [bound, count] = [next, value];
    }
    if (bound !== Infinity) fail("there is no bucket up to +Inf");
    const only = (suffix: string) => metric.find((sample) => sample.name === name + suffix)?.value;
    if (only("_count") !== count) fail(`_count is ${only("_count")}, the last bucket ${count}`);
    if (only("_sum") === undefined) fail("there is no _sum");
  }
}

/** How OpenMetrics writes a bound, so that equal ones are equal as text. */
function canonical(bound: number): string {
  if (bound === Infinity) return "+Inf";
  return Number.isInteger(bound) ? bound.toFixed(1) : String(bound);
}
