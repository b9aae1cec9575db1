/**
 * `npm run test:conformance -- [directory] [--strict] [--engine js|auto]`: runs the vectors of a
 * directory, by default those of this project. Exit code 1 when a case fails, or with --strict when one
 * is unsupported; 2 when the arguments are wrong.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { projectRoot } from "../project-root.ts";
import type { Engine } from "./kind.ts";
import { KINDS } from "./kinds.ts";
import { countOutcomes, renderReport, runTopics } from "./runner.ts";
import { readTopics, type Topic } from "./vectors.ts";

const USAGE = "usage: npm run test:conformance -- [directory] [--strict] [--engine js|auto]";

interface Arguments {
  readonly topics: readonly Topic[];
  readonly engine: Engine;
  readonly isStrict: boolean;
}

function readArguments(): Arguments {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { strict: { type: "boolean" }, engine: { type: "string", default: "auto" } },
  });
  const { engine, strict } = values;
  if (engine !== "js" && engine !== "auto") throw new Error(`There is no engine ${engine}.`);
  if (positionals.length > 1) throw new Error("There is more than one directory.");
  // npm runs scripts in the project's folder and tells where it was called.
  const calledFrom = process.env.INIT_CWD ?? process.cwd();
  const directory = positionals[0] ?? resolve(projectRoot, "test/conformance/operators");
  return { topics: readTopics(resolve(calledFrom, directory)), engine, isStrict: strict === true };
}

async function main(): Promise<number> {
  let parsed: Arguments;
  try {
    parsed = readArguments();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error(USAGE);
    return 2;
  }
  const results = await runTopics(parsed.topics, parsed.engine, KINDS);
  console.log(renderReport(results));
  const { failed, unsupported } = countOutcomes(results);
  return failed > 0 || (parsed.isStrict && unsupported > 0) ? 1 : 0;
}

process.exitCode = await main();
