import { describe } from "node:test";
import { creditsCases } from "./_credits_cases.ts";

describe("the credits service", () => {
  creditsCases();
});
