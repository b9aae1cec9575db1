import assert from "node:assert/strict";
import { test } from "node:test";
import { ERRORS, type ErrorEntry } from "../../dataplane/protocol/errors.ts";
import { readSources, type SourceFile } from "./sources.ts";

const entries: readonly (readonly [string, ErrorEntry])[] = Object.entries(ERRORS);
const codes = entries.filter(([, entry]) => entry.retired !== true).map(([code]) => code);

/** Codes that none of `files` names. */
function codesNotIn(files: readonly SourceFile[]): string[] {
  return codes.filter((code) => !files.some(({ text }) => new RegExp(`\\b${code}\\b`).test(text)));
}

test("every error code is raised in a test", () => {
  const tests = readSources(["test"]).filter(({ path }) => !path.startsWith("test/arch/"));
  assert.deepEqual(codesNotIn(tests), []);
});

test("every error code is raised by the engine", () => {
  const engine = readSources(["control", "dataplane"]);
  assert.deepEqual(
    codesNotIn(engine.filter(({ path }) => path !== "dataplane/protocol/errors.ts")),
    [],
  );
});

test("every text is one or more whole sentences", () => {
  const bad = entries.filter(
    ([, { text }]) => !/^[A-Z{].*[.}]$/s.test(text) || text.includes("  "),
  );
  assert.deepEqual(
    bad.map(([code]) => code),
    [],
  );
});
