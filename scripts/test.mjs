/**
 * `npm test`: builds if sources changed, then runs every *.test.js below dist/test, two files at a time.
 *
 *   npm test                       everything
 *   npm test -- protocol ring      only files whose path contains "protocol" or "ring"
 *
 * Exit code 1 if a test fails, a file holds no test, or nothing matches.
 */
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";

const FILES_AT_ONCE = 2;
const FILE_TIMEOUT_MS = 300_000;

const folder = fileURLToPath(new URL("../dist/test", import.meta.url));

function findTestFiles(filters) {
  return readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith(".test.js"))
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
    .sort()
    .map((path) => join(folder, path));
}

async function runTests(files) {
  // Modules that tests compile are kept for the next run, apart from those of the user's programs.
  process.env.MILLRACE_CACHE_DIR ??= fileURLToPath(new URL("../.cache", import.meta.url));
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const empty = [];
  const stream = run({ files, concurrency: FILES_AT_ONCE, timeout: FILE_TIMEOUT_MS });
  const count = (outcome) => (test) => {
    if (test.details?.type === "suite") return;
    // Node reports a file without tests as a test of the file's name that passed.
    if (outcome === "passed" && files.includes(test.name)) empty.push(test.name);
    else if (test.skip !== undefined) counts.skipped += 1;
    else if (test.todo === undefined || outcome === "passed") counts[outcome] += 1;
  };
  stream.on("test:pass", count("passed"));
  stream.on("test:fail", count("failed"));
  await pipeline(stream.compose(new spec()), process.stdout, { end: false });
  return { ...counts, empty };
}

async function main() {
  await build("if-needed");
  const files = findTestFiles(process.argv.slice(2));
  if (files.length === 0) throw new Error("No test file matches.");
  const { passed, failed, skipped, empty } = await runTests(files);
  for (const file of empty) console.error(`No test ran in ${relative(".", file)}.`);
  console.log(`\n${files.length} files: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 && empty.length === 0 && passed > 0;
}

try {
  if (!(await main())) process.exitCode = 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
