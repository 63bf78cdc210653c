import { grafanaDashboard } from "../../ops/grafana_dashboard.ts";
import { prometheusRules } from "../../ops/prometheus_rules.ts";
import type { Scaffold, ScaffoldFiles } from "./scaffold.ts";
import { toJson } from "./to_json.ts";

/** What Prometheus and Grafana of `compose.yaml` read. `glam ops rules` and `glam ops dashboard` write two of them again. */
export function monitoringFiles({ name }: Scaffold): ScaffoldFiles {
  return {
    "monitoring/prometheus/prometheus.yml": `global:
  scrape_interval: 15s
  evaluation_interval: 15s

rule_files: [glam.rules.yml]

scrape_configs:
  - job_name: "${name}"
    static_configs: [{ targets: ["app:8080"] }]
`,
    "monitoring/prometheus/glam.rules.yml": prometheusRules({ service: name }),
    "monitoring/grafana/datasources/prometheus.yml": `apiVersion: 1
datasources:
  - name: Prometheus
    type: prometheus
    url: http://prometheus:9090
    isDefault: true
    jsonData: { timeInterval: 15s }
`,
    "monitoring/grafana/dashboards/dashboards.yml": `apiVersion: 1
providers:
  - name: "${name}"
    options: { path: /etc/grafana/provisioning/dashboards }
`,
    [`monitoring/grafana/dashboards/${name}.json`]: toJson(grafanaDashboard({ service: name, uid: name })),
  };
}
