/**
 * Runs a program of dist/, building first if sources changed:
 *
 *   node scripts/run-built.mjs test/conformance/main.js [arguments]
 */
import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";

const [program, ...args] = process.argv.slice(2);
if (program === undefined) {
  console.error("usage: node scripts/run-built.mjs <path below dist/> [arguments]");
  process.exit(2);
}
try {
  await build("if-needed");
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const url = new URL(`../dist/${program}`, import.meta.url);
// The program finds itself where it would be had node been given its path.
process.argv = [process.execPath, fileURLToPath(url), ...args];
await import(url.href);
