/** Runs Node as a process of its own and takes what it writes. */
import { spawn } from "node:child_process";

export interface Finished {
  readonly output: string;
  /** ms from its start to its first output. */
  readonly firstMs: number;
}

/** Rejects when its exit code is not 0. */
export function runChild(
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<Finished> {
  const startMs = performance.now();
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...variables },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let firstMs = Number.NaN;
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (output === "") firstMs = performance.now() - startMs;
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0
        ? resolve({ output, firstMs })
        : reject(new Error(`${args.slice(0, 3).join(" ")}: exit ${code}`)),
    );
  });
}
