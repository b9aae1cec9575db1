import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  checkMaxParallelism,
  checkParallelism,
  defaultMaxParallelism,
  resolveSlotSharingGroup,
} from "../../../../control/plan/parallelism.ts";
import { projectRoot } from "../../../project-root.ts";
import { throwsCode } from "../throws-code.ts";

test("the default maximum parallelism is Flink's for every parallelism of the vectors", () => {
  const file = join(projectRoot, "test/conformance/operators/14-key-groups.json");
  const cases = JSON.parse(readFileSync(file, "utf8")) as readonly {
    readonly name: string;
    readonly calls: readonly { readonly args: readonly number[]; readonly result: number }[];
  }[];
  const calls = cases.find(({ name }) => name === "default-max-parallelism")?.calls ?? [];
  assert.ok(calls.length > 20);
  for (const { args, result } of calls) assert.equal(defaultMaxParallelism(args[0] ?? 0), result);
});

test("a parallelism is an integer from 1, or -1 for the environment's", () => {
  assert.equal(checkParallelism(1, "it"), 1);
  assert.equal(checkParallelism(32_768, "it"), 32_768);
  assert.equal(checkParallelism(-1, "it"), null);
  for (const value of [0, -2, 1.5, Number.NaN, 32_769, "2", null, undefined, 2n]) {
    const error = throwsCode("MR_PARALLELISM_INVALID", () =>
      checkParallelism(value, "The parallelism of Map"),
    );
    assert.match(
      error.message,
      /^The parallelism of Map is .*; expected an integer from 1 to 32768\.$/,
    );
  }
  throwsCode("MR_PARALLELISM_INVALID", () => checkMaxParallelism(-1, "it"));
});

test("a slot sharing group is the operator's own, else the one its inputs agree on, else default", () => {
  assert.equal(resolveSlotSharingGroup("own", ["a", "a"]), "own");
  assert.equal(resolveSlotSharingGroup(null, ["a", "a"]), "a");
  assert.equal(resolveSlotSharingGroup(null, ["a", "b"]), "default");
  assert.equal(resolveSlotSharingGroup(null, []), "default");
});
