import assert from "node:assert/strict";
import { it } from "node:test";
import { createLogger } from "@glam/shared/logging";
import { createLocalControl } from "../../service/_local_control.ts";
import { recordingLogger } from "../_support/recording_logger.ts";
import { waitFor } from "../_support/wait_for.ts";

it("a level that was set ends by itself", async () => {
  const { logger, entries } = recordingLogger();
  const control = createLocalControl({ logger, options: {} } as never, 1);
  const log = createLogger("test", { level: "warn", sink() {}, file: false });
  await control.setLevel("debug");
  await waitFor(() => !log.isEnabled("debug"), "the level is as before");
  assert.equal((await control.state()).level, undefined);
  assert.equal(entries.at(-1)?.message, "Log level is as before again");
});
