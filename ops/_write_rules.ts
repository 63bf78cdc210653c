import type { AlertRule, RecordingRule, RuleGroup, Severity } from "./_rule.ts";

/** What every alert gets. */
export interface AlertDecoration {
  readonly severities: Readonly<Record<Severity, string>>;
  readonly runbookUrl: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The groups as a file of rules, in YAML. */
export function writeRules(groups: readonly RuleGroup[], decoration: AlertDecoration): string {
  const lines = ["groups:"];
  for (const { name, rules } of groups) {
    lines.push(`  - name: ${name}`, "    rules:");
    for (const rule of rules) {
      lines.push(...("record" in rule ? recordingLines(rule) : alertLines(rule, decoration)));
    }
  }
  return `${lines.join("\n")}\n`;
}

function recordingLines({ record, expr }: RecordingRule): string[] {
  return [`      - record: ${record}`, ...exprLines(expr)];
}

function alertLines(rule: AlertRule, { severities, runbookUrl, labels }: AlertDecoration): string[] {
  return [
    `      - alert: ${rule.alert}`,
    ...exprLines(rule.expr),
    ...(rule.for === undefined ? [] : [`        for: ${rule.for}`]),
    ...mapLines("labels", { ...labels, severity: severities[rule.severity] }),
    ...mapLines("annotations", {
      summary: rule.summary,
      description: rule.description,
      runbook_url: `${runbookUrl}#${rule.alert.toLowerCase()}`,
    }),
  ];
}

function exprLines(expr: string): string[] {
  return ["        expr: |-", ...expr.split("\n").map((line) => `          ${line}`)];
}

function mapLines(name: string, entries: Readonly<Record<string, string>>): string[] {
  return [
    `        ${name}:`,
    // A string of JSON is one of YAML.
    ...Object.entries(entries).map(([key, value]) => `          ${key}: ${JSON.stringify(value)}`),
  ];
}
