/**
 * The package as users get it: packed, installed into an empty project, run and type-checked there.
 * Slow: it installs the package's dependencies.
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { projectRoot } from "../project-root.ts";

const INSTALL_TIMEOUT_MS = 240_000;

const JOB = `import { StreamExecutionEnvironment } from "millrace";

const env = StreamExecutionEnvironment.getExecutionEnvironment();
env
  .fromElements("to be or not to be", "that is the question")
  .flatMap((line) => line.split(" "))
  .map((word) => [word, 1])
  .keyBy(0)
  .sum(1)
  .print();
await env.execute("word count");
`;

const LINES = [
  "(be,1)",
  "(be,2)",
  "(is,1)",
  "(not,1)",
  "(or,1)",
  "(question,1)",
  "(that,1)",
  "(the,1)",
  "(to,1)",
  "(to,2)",
];

/** What `tsc --init` writes, as far as it changes what is an error. */
const STARTER_OPTIONS = {
  module: "nodenext",
  target: "esnext",
  types: [],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  skipLibCheck: true,
  noEmit: true,
};

const scratch = mkdtempSync(join(tmpdir(), "millrace-package-"));
const project = join(scratch, "project");
let packed: readonly string[] = [];

function npm(args: readonly string[], cwd: string): string {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** What the compiler says about files of the project. */
function typeCheck(files: readonly string[]): string {
  const tsc = join(projectRoot, "node_modules/typescript/bin/tsc");
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({ compilerOptions: STARTER_OPTIONS, files }),
  );
  return spawnSync(process.execPath, [tsc], { cwd: project, encoding: "utf8" }).stdout;
}

function millrace(...args: readonly string[]): {
  status: number | null;
  stdout: string;
  stderr: string;
} {
  const { status, stdout, stderr } = spawnSync("npx", ["--no-install", "millrace", ...args], {
    cwd: project,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

before(
  () => {
    // Scripts are ignored: building would take away the files that are being tested.
    const report = npm(
      ["pack", "--ignore-scripts", "--json", "--pack-destination", scratch],
      projectRoot,
    );
    const [{ filename, files }] = JSON.parse(report) as [
      { readonly filename: string; readonly files: readonly { readonly path: string }[] },
    ];
    packed = files.map(({ path }) => path);
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), '{ "type": "module", "private": true }\n');
    npm(["install", "--no-audit", "--no-fund", join(scratch, filename)], project);
    writeFileSync(join(project, "job.ts"), JOB);
  },
  { timeout: INSTALL_TIMEOUT_MS },
);

after(() => rmSync(scratch, { recursive: true, force: true }));

test("a job runs by npx millrace run", () => {
  const { status, stdout, stderr } = millrace("run", "job.ts", "-p", "1");
  assert.equal(status, 0, stderr);
  assert.deepEqual(stdout.trim().split("\n").sort(), LINES);
});

test("the job type-checks; a field that its records do not have is an error", () => {
  writeFileSync(join(project, "wrong.ts"), JOB.replace("sum(1)", "sum(2)"));
  const errors = typeCheck(["job.ts", "wrong.ts"]);
  assert.match(errors, /^wrong\.ts\(9,8\): error TS2345: .*\n$/);
});

test("every entry of the package can be imported", () => {
  const entries = ["millrace", "millrace/testing", "millrace/protocol"];
  const program = entries.map((entry) => `await import("${entry}");`).join("");
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: project,
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
});

test("a function is tested with the kit of the package", () => {
  const program = `
    import { createHarness, record } from "millrace/testing";
    const harness = await createHarness((words) => words.map((word) => [word, 1]).keyBy(0).sum(1));
    for (const word of ["to", "be", "to"]) await harness.processElement(word, 5);
    console.log(JSON.stringify(harness.getOutput().at(-1)) === JSON.stringify(record(["to", 2], 5)));
    await harness.close();
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: project,
    encoding: "utf8",
  });
  assert.equal(stdout, "true\n", stderr);
});

test("the installation is complete by its own account", () => {
  const { status, stdout } = millrace("doctor", "--json");
  assert.equal(status, 0, stdout);
});

test("the package carries the AssemblyScript sources and the layouts they share", () => {
  for (const folder of ["dataplane/assembly", "dataplane/protocol"]) {
    const sources = readdirSync(join(projectRoot, folder)).filter((file) => file.endsWith(".ts"));
    for (const file of sources)
      assert.ok(packed.includes(`${folder}/${file}`), `${folder}/${file}`);
  }
  assert.ok(packed.includes("asconfig.json"));
});

test("the package holds no tests, benchmarks or scripts", () => {
  const strays = packed.filter((path) => /^(dist\/)?(test|bench|examples|scripts)\//.test(path));
  assert.deepEqual(strays, []);
});
