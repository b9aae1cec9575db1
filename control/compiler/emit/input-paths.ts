/** Paths of the input's leaves, as keys of sets. */
import { visitExpressions } from "../front/visit.ts";
import type { Statement } from "../ir.ts";

export function pathKey(path: readonly number[]): string {
  return path.join(".");
}

/** Keys of the leaves that statements read, those emitted as they are included. */
export function inputPaths(body: readonly Statement[]): ReadonlySet<string> {
  const paths = new Set<string>();
  visitExpressions(body, (expr) => {
    if (expr.op === "input") paths.add(pathKey(expr.path));
  });
  return paths;
}
