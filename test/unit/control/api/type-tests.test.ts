import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import ts from "typescript";
import { projectRoot } from "../../../project-root.ts";

const folder = join(projectRoot, "test/types");
const files = readdirSync(folder).map((name) => join(folder, name));

/** Lines that must not compile, over all type tests; there may be more, not fewer. */
const EXPECTED_ERRORS = 47;

test("what the type tests expect to be refused is refused, and the rest compiles", () => {
  const configFile = ts.readConfigFile(join(projectRoot, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(configFile.config, ts.sys, projectRoot);
  const program = ts.createProgram(files, { ...options, noEmit: true });
  const problems = files.flatMap((file) => {
    const source = program.getSourceFile(file);
    return program.getSemanticDiagnostics(source).map(({ messageText, start }) => {
      const line =
        source === undefined ? 0 : source.getLineAndCharacterOfPosition(start ?? 0).line + 1;
      return `${file}:${line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    });
  });
  assert.deepEqual(problems, []);
});

test("the type tests are all there", () => {
  const expectations = files.flatMap(
    (file) => readFileSync(file, "utf8").match(/\/\/ @ts-expect-error \S/g) ?? [],
  );
  assert.ok(
    expectations.length >= EXPECTED_ERRORS,
    `${expectations.length} are left of ${EXPECTED_ERRORS}`,
  );
});
