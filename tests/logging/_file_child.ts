// A program of its own for rotating_file_test.ts: logs, and ends the way it is told.
import process from "node:process";
import { createLogger } from "@glam/shared/logging";

const [path = "", ending = ""] = process.argv.slice(2);
const log = createLogger("child", {
  format: "json",
  sink: () => {},
  file: { path, maxBytes: 4096, keep: 5 },
});

log.info("first");
if (ending === "exit-at-once") process.exit(0);
if (ending === "log-late") process.on("exit", () => log.info("in the exit handler"));
if (ending !== "before-import") await log.flush();
for (let i = 0; i < 50; i++) log.info(`line ${i}`);
if (ending === "process-exit") process.exit(0);
if (ending === "throw") throw new Error("uncaught");
if (ending === "reject") void Promise.reject(new Error("unhandled"));
