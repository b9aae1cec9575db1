/** Compares a text with a committed file; UPDATE_GOLDEN=1 writes the file instead. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { projectRoot } from "../../project-root.ts";

export function assertGolden(path: string, actual: string): void {
  const file = join(projectRoot, path);
  if (process.env.UPDATE_GOLDEN === "1") {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, actual);
    return;
  }
  assert.ok(existsSync(file), `${path} is missing; run the test with UPDATE_GOLDEN=1`);
  const message = `${path} differs; run the test with UPDATE_GOLDEN=1 and review the change`;
  assert.equal(actual, readFileSync(file, "utf8"), message);
}
