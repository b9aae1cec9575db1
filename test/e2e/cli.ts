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

type Wish = string | ((stdout: string) => boolean);

export interface StartedCli {
  readonly process: ChildProcess;
  readonly outcome: Promise<Outcome>;
  /** Settled when standard output or standard error holds `text`, or standard output is as asked. */
  until(wish: Wish): Promise<void>;
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
  const waiting: { wish: Wish; resolve: () => void }[] = [];
  const isMet = (wish: Wish): boolean =>
    typeof wish === "function" ? wish(stdout) : stdout.includes(wish) || stderr.includes(wish);
  const check = (): void => {
    for (const { wish, resolve } of waiting) if (isMet(wish)) resolve();
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
  const until = (wish: Wish): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ wish, resolve });
      check();
      void outcome.then(({ code }) =>
        reject(new Error(`ended with ${code} before "${wish}": ${stdout}${stderr}`)),
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
