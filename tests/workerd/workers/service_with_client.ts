// A client beside the service, to weigh what importing it adds.
export { createServiceClient } from "@glam/shared/client";
export { default } from "./service_alone.ts";
