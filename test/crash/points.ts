/** The crash points of the engine, from its source: one that is new is tried without being asked for. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../e2e/cli.ts";

export interface CrashPoint {
  readonly name: string;
  readonly file: string;
}

export function crashPoints(): readonly CrashPoint[] {
  return ["control", "dataplane"].flatMap((folder) =>
    readdirSync(join(projectRoot, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .flatMap((path) => pointsOf(join(folder, path))),
  );
}

function pointsOf(file: string): readonly CrashPoint[] {
  const text = readFileSync(join(projectRoot, file), "utf8");
  return [...text.matchAll(/\bcrashPoint\("([^"]+)"\)/g)].map(([, name = ""]) => ({ name, file }));
}
