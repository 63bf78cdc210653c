import { MIGRATE } from "./container.ts";
import type { Scaffold, ScaffoldFiles } from "./scaffold.ts";
import { IMAGES } from "./versions.ts";

/** The service with its servers, in containers. */
export function composeFiles({ name, runtime }: Scaffold): ScaffoldFiles {
  return {
    "compose.yaml": `# All of it: docker compose up --build
# The servers alone, for a service outside: docker compose up --detach --wait postgres nats
name: "${name}"

services:
  app:
    build: .
    environment: &servers
      DATABASE_URL: postgres://app:secret@postgres:5432/app
      NATS_SERVERS: nats://nats:4222
    ports: ["127.0.0.1:8080:8080"]
    stop_grace_period: 60s # it stops in order, which takes less
    depends_on:
      migrate: { condition: service_completed_successfully }
      nats: { condition: service_healthy }

  migrate:
    build: .
    entrypoint:
${MIGRATE[runtime].map((word) => `      - ${word.startsWith("@") ? JSON.stringify(word) : word}`).join("\n")}
    environment: *servers
    depends_on:
      postgres: { condition: service_healthy }

  postgres:
    image: ${IMAGES.postgres}
    environment:
      POSTGRES_USER: app
      POSTGRES_PASSWORD: secret
      POSTGRES_DB: app
    ports: ["127.0.0.1:5432:5432"]
    volumes: ["postgres:/var/lib/postgresql"]
    healthcheck: # by TCP, which the server does not have while it is set up
      test: ["CMD", "pg_isready", "--host=127.0.0.1", "--username=app"]
      interval: 2s
      timeout: 2s
      retries: 30

  nats:
    image: ${IMAGES.nats}
    command: ["--jetstream", "--store_dir=/data", "--http_port=8222"]
    ports: ["127.0.0.1:4222:4222"]
    volumes: ["nats:/data"]
    healthcheck:
      test: ["CMD", "wget", "-qO-", "http://127.0.0.1:8222/healthz"]
      interval: 2s
      timeout: 2s
      retries: 30

  prometheus:
    image: ${IMAGES.prometheus}
    ports: ["127.0.0.1:9090:9090"]
    volumes:
      - ./monitoring/prometheus:/etc/prometheus:ro
      - prometheus:/prometheus
    healthcheck:
      test: ["CMD", "wget", "-qO-", "http://127.0.0.1:9090/-/ready"]
      interval: 2s
      timeout: 2s
      retries: 30

  grafana: # http://127.0.0.1:3000, without a login
    image: ${IMAGES.grafana}
    environment:
      GF_AUTH_ANONYMOUS_ENABLED: "true"
      GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: /etc/grafana/provisioning/dashboards/${name}.json
    ports: ["127.0.0.1:3000:3000"]
    volumes:
      - ./monitoring/grafana:/etc/grafana/provisioning:ro
      - grafana:/var/lib/grafana
    depends_on:
      prometheus: { condition: service_healthy }

volumes:
  postgres:
  nats:
  prometheus:
  grafana:
`,
  };
}
