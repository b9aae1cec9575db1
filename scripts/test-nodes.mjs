/**
 * `npm run test:nodes [-- 20 24]`: the test suite on each supported major version of Node. Binaries come
 * from npm's `node` package and are kept in .cache/nodes; the version that runs this script is not fetched.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const MAJORS = ["20", "22", "24"];
const root = fileURLToPath(new URL("..", import.meta.url));

function nodeOf(major) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const folder = join(root, ".cache/nodes", major);
  const binary = join(
    folder,
    "node_modules/node/bin",
    process.platform === "win32" ? "node.exe" : "node",
  );
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  const { status } = spawnSync(
    "npm",
    ["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", `node@${major}`],
    { stdio: "inherit", shell: process.platform === "win32" },
  );
  if (status !== 0) throw new Error(`npm could not install node@${major}.`);
  return binary;
}

function testOn(major) {
  const node = nodeOf(major);
  const { stdout } = spawnSync(node, ["--version"], { encoding: "utf8" });
  console.log(`\n== Node ${stdout.trim()} ==`);
  const { status } = spawnSync(node, ["--enable-source-maps", join(root, "scripts/test.mjs")], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` },
  });
  return { version: stdout.trim(), passed: status === 0 };
}

const majors = process.argv.length > 2 ? process.argv.slice(2) : MAJORS;
const results = majors.map(testOn);
console.log("");
for (const { version, passed } of results)
  console.log(`${version}: ${passed ? "passed" : "FAILED"}`);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
