// Tracing on Node, as docs/tracing.md has it: `node --import ./_node_tracing.ts main.ts`.
import { register } from "node:module";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

register("@opentelemetry/instrumentation/hook.mjs", import.meta.url);
registerInstrumentations({ instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()] });
const exporter = new OTLPTraceExporter(); // OTEL_EXPORTER_OTLP_ENDPOINT
new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] }).register();
