/** Compiles and runs the C baselines, where the machine has a compiler. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Measurement } from "./benchmark.ts";

export class CProgram {
  readonly #folder: string;
  readonly #binary: string;

  private constructor(folder: string, binary: string) {
    this.#folder = folder;
    this.#binary = binary;
  }

  /** null without a C compiler. `source` is the name of a file in bench/c. */
  static compile(source: string): CProgram | null {
    const compiler = ["cc", "gcc", "clang"].find(works);
    if (compiler === undefined) return null;
    const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
    const binary = join(folder, "program");
    const path = fileURLToPath(new URL(`../../bench/c/${source}`, import.meta.url));
    execFileSync(compiler, ["-O3", "-march=native", "-o", binary, path]);
    return new CProgram(folder, binary);
  }

  /** Runs it once with arguments; it prints "ms answer". */
  run(args: readonly (string | number)[]): Measurement {
    const output = execFileSync(this.#binary, args.map(String), { encoding: "utf8" });
    const [ms = "", answer = ""] = (output.trim().split("\n").at(-1) ?? "").split(" ");
    return { ms: Number(ms), cpuSeconds: Number(ms) / 1000, answer };
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function works(compiler: string): boolean {
  try {
    execFileSync(compiler, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
