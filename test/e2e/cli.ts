/** Runs the command line as users have it, bundled, as a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../../lib/control/cli/main.js", import.meta.url));
export const projectRoot = fileURLToPath(new URL("../../../", import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartedCli {
  readonly process: ChildProcess;
  readonly outcome: Promise<Outcome>;
  /** Settled when standard output or standard error holds `text`. */
  until(text: string): Promise<void>;
}

export function startCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): StartedCli {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: projectRoot,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  const waiting: { text: string; resolve: () => void }[] = [];
  const check = (): void => {
    for (const wish of waiting)
      if (stdout.includes(wish.text) || stderr.includes(wish.text)) wish.resolve();
  };
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    check();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
    check();
  });
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  const until = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ text, resolve });
      check();
      void outcome.then(({ code }) =>
        reject(new Error(`ended with ${code} before "${text}": ${stderr}`)),
      );
    });
  return { process: child, outcome, until };
}

export function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return startCli(args, env).outcome;
}
