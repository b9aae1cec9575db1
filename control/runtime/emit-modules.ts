/** Writes what compiled operators become, to be read by people. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GeneratedModules } from "../compiler/asc/generated-modules.ts";
import { jobModules } from "../compiler/job-modules.ts";
import type { JobGraph } from "../plan/job-graph.ts";

/**
 * Of each module `<id>.ts` (AssemblyScript), `<id>.wasm` and `<id>.wat`; operators name their module by its
 * id. Errors: those of GeneratedModules.explainModule(), and of the file system.
 */
export async function emitModules(graph: JobGraph, directory: string): Promise<void> {
  const generated = GeneratedModules.create(process.env);
  try {
    await mkdir(directory, { recursive: true });
    for (const { id, source } of jobModules(graph)) {
      const { wasm, wat = "" } = await generated.explainModule(source);
      await writeFile(join(directory, `${id}.ts`), source.text);
      await writeFile(join(directory, `${id}.wasm`), wasm);
      await writeFile(join(directory, `${id}.wat`), wat);
    }
  } finally {
    generated.close();
  }
}
