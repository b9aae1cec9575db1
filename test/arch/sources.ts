/** The project's own TypeScript files, as the tests about structure see them. */
import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import ts from "typescript";
import { projectRoot } from "../project-root.ts";

export interface SourceFile {
  /** Relative to the project, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export function readSources(folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(projectRoot, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .sort()
      .map((path) => ({
        path: [folder, ...path.split(sep)].join("/"),
        text: readFileSync(join(projectRoot, folder, path), "utf8"),
      })),
  );
}

/** All nodes of a file's syntax tree, each with its line (from 1). */
export function* walk({ path, text }: SourceFile): Generator<{ node: ts.Node; line: number }> {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const waiting: ts.Node[] = [tree];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield { node, line: tree.getLineAndCharacterOfPosition(node.getStart()).line + 1 };
    waiting.push(...node.getChildren(tree));
  }
}
