import { test } from "node:test";
import fc from "fast-check";
import { seeded } from "../../../../oracle/seeded.ts";
import { windowCases } from "../../../../window-fuzz/cases.ts";
import { checkCase } from "../../../../window-fuzz/run-case.ts";

test("windows are what a recomputation of the whole input says, and leave no state behind", async () => {
  await fc.assert(fc.asyncProperty(windowCases, checkCase), seeded(2000));
});
