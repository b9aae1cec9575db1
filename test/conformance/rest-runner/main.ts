/**
 * `npm run test:rest -- [directory] [--verbose]`: asks the server what was recorded from Flink and compares status,
 * headers and shape of the answers. Exit code 1 when one is different.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { projectRoot } from "../../project-root.ts";
import { readRecordings } from "./recordings.ts";
import { runRecordings } from "./run.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { verbose: { type: "boolean", default: false } },
});
const calledFrom = process.env.INIT_CWD ?? process.cwd();
const directory = positionals[0] ?? resolve(projectRoot, "test/conformance/rest");
const results = await runRecordings(readRecordings(resolve(calledFrom, directory)));
const failed = results.filter(({ differences }) => differences.length > 0);
for (const { recording, differences } of values.verbose ? failed : failed.slice(0, 40)) {
  const { file, index, name, request } = recording;
  console.log(`${file}[${index}] ${name}: ${request.method} ${request.path}`);
  for (const difference of differences.slice(0, 6)) console.log(`    ${difference}`);
}
for (const file of new Set(results.map(({ recording }) => recording.file))) {
  const ofFile = results.filter(({ recording }) => recording.file === file);
  const passed = ofFile.filter(({ differences }) => differences.length === 0).length;
  console.log(`${file.padEnd(24)} ${passed} of ${ofFile.length}`);
}
console.log(`${results.length - failed.length} of ${results.length} answers are as recorded`);
process.exitCode = failed.length === 0 ? 0 : 1;
