import assert from "node:assert/strict";
import { it } from "node:test";
import { runProcess } from "./_glam.ts";
import { newService } from "./_new_service.ts";

it("what glam new writes is formatted, lints, and has the right types", async () => {
  await using service = await newService("orders");
  for (const args of [["fmt", "--check"], ["lint"], ["check", "."]]) {
    const { code, out, errors } = await runProcess(Deno.execPath(), args, { cwd: service.folder });
    assert.equal(code, 0, `${args[0]}: ${out}${errors}`);
  }
});
