/**
 * Builds dist/, TypeScript by tsc and kernels by asc, and lib/, which is the engine bundled for users, at
 * the same time.
 *
 *   node scripts/build.mjs             everything, from an empty dist/ and lib/
 *   node scripts/build.mjs --if-needed only the steps whose inputs changed since they last succeeded
 *
 * Inputs are compared by path, size and modification time with what a step last ran with, so an edit,
 * a deletion and a checkout of an older file all count as changes.
 */
import { spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const lib = join(root, "lib");
const tsc = join(root, "node_modules/typescript/bin/tsc");
const bundle = join(root, "scripts/bundle.mjs");
const asc = join(root, "node_modules/assemblyscript/bin/asc.js");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const kernels = "dataplane/assembly/index.ts";
const KERNELS_WASM = "dataplane/assembly/kernels.wasm";

const STEPS = [
  {
    name: "typescript",
    inputs: ["control", "dataplane", "bench", "test", "examples", "scripts", "tsconfig.json"],
    ignores: /^dataplane\/assembly\//,
    commands: [
      [tsc, "-p", "tsconfig.json", "--incremental", "--tsBuildInfoFile", "dist/.tsbuildinfo"],
    ],
  },
  {
    name: "bundle",
    inputs: ["control", "dataplane", "scripts/bundle.mjs"],
    ignores: /^dataplane\/assembly\//,
    commands: [[bundle]],
  },
  {
    name: "kernels",
    inputs: ["dataplane/assembly", "dataplane/protocol", "asconfig.json"],
    ignores: /tsconfig\.json$/,
    commands: [
      [asc, kernels, "--target", "release"],
      [asc, kernels, "--target", "debug"],
    ],
  },
];

/**
 * The stamp in dist/ holds, per step, the inputs of its last run and whether that run succeeded.
 * Rejects when a step fails.
 */
export async function build(mode) {
  const before = mode === "all" ? {} : readStamp();
  const steps = STEPS.map((step) => ({ ...step, files: listInputs(step) }));
  // Outputs of deleted sources must not linger: a deleted test would still run.
  const isDeleted = steps.some(({ name, files }) =>
    Object.keys(before[name]?.files ?? {}).some((file) => !(file in files)),
  );
  const isEmptied = mode === "all" || isDeleted;
  for (const folder of [dist, lib]) {
    if (isEmptied) rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, "dataplane/assembly"), { recursive: true });
  }
  const isFresh = ({ name, files }) =>
    !isEmptied && before[name]?.succeeded === true && isSame(before[name].files, files);
  const stale = steps.filter((step) => !isFresh(step));
  const stamp = Object.fromEntries(
    steps.map((step) => [step.name, { files: step.files, succeeded: isFresh(step) }]),
  );
  writeStamp(stamp);
  const runStep = async ({ name, commands }) => {
    for (const command of commands) await run(command);
    stamp[name].succeeded = true;
  };
  const results = await Promise.allSettled(stale.map(runStep));
  writeStamp(stamp);
  for (const path of Object.values(manifest.bin)) makeExecutable(join(root, path));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  copyFileSync(join(dist, KERNELS_WASM), join(lib, KERNELS_WASM));
}

function listInputs({ inputs, ignores }) {
  const files = {};
  const add = (path) => {
    const stats = statSync(join(root, path));
    if (stats.isDirectory()) {
      for (const entry of readdirSync(join(root, path)).sort()) add(`${path}/${entry}`);
    } else if (/\.(ts|mjs|json)$/.test(path) && !ignores.test(path)) {
      files[path] = `${stats.size} ${stats.mtimeMs}`;
    }
  };
  for (const input of inputs) add(input);
  return files;
}

/** npm does it on installation; here `npx millrace` runs the file as it is. */
function makeExecutable(path) {
  if (existsSync(path)) chmodSync(path, 0o755);
}

function isSame(before, now) {
  return JSON.stringify(before) === JSON.stringify(now);
}

function stampPath() {
  return join(dist, ".inputs.json");
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampPath(), "utf8"));
  } catch {
    return {};
  }
}

function writeStamp(stamp) {
  writeFileSync(stampPath(), JSON.stringify(stamp));
}

function run([script, ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { cwd: root, stdio: "inherit" });
    child.on("error", reject);
    child.on("exit", (code) => {
      const command = [relative(root, script), ...args].join(" ");
      if (code === 0) resolve();
      else reject(new Error(`The build failed: ${command}`));
    });
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    await build(process.argv.includes("--if-needed") ? "if-needed" : "all");
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
