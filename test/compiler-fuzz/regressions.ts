/** Failures that were found, as files: the function, and the records it failed on. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../project-root.ts";
import type { FunctionCase } from "./cases.ts";

export interface Regression extends FunctionCase {
  readonly records: readonly unknown[];
}

const FOLDER = join(projectRoot, "test/compiler-fuzz/regressions");
const NAME_LENGTH = 12;

export function readRegressions(): readonly Regression[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(FOLDER, name), "utf8"), revived) as Regression);
}

/** Answers the path of the file, which is named by its contents. */
export function writeRegression(regression: Regression): string {
  const text = `${JSON.stringify(regression, written, 2)}\n`;
  const name = createHash("sha256").update(text).digest("hex").slice(0, NAME_LENGTH);
  const path = join(FOLDER, `${name}.json`);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** JSON lacks some numbers; they are kept as objects of one field. */
function written(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return { $bigint: String(value) };
  if (typeof value !== "number") return value;
  return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: numberText(value) };
}

function numberText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function revived(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { $bigint, $number } = value as { readonly $bigint?: string; readonly $number?: string };
  if ($bigint !== undefined) return BigInt($bigint);
  return $number === undefined ? value : Number($number);
}
