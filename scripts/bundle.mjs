/**
 * Bundles the engine into lib/, which is what users load: an ES module per entry point and the chunks
 * they share, some twenty files where dist/ has two hundred and fifty. Each file of a program costs a
 * millisecond or more to find, read and link, in every worker again.
 *
 * lib/ is laid out as dist/ is, and to a source file inside a bundle `import.meta.url` says where the file
 * would lie there: what is found relative to it, such as the entry of workers, stays within lib/.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const lib = join(root, "lib");
const ENTRIES = [
  "control/index",
  "control/testing",
  "control/cli/main",
  "control/cluster/job-process-main",
  "control/compiler/asc/asc-process",
  "dataplane/protocol/index",
  "dataplane/snapshot/snapshot-thread",
  "dataplane/worker/in-process",
  "dataplane/worker/slot-task",
];
/** Not the name of it in quotes, which is an option of bundlers. */
const FILE_URL = /(?<!")import\.meta\.url(?!")/g;
/** Stands for the way from an output file to lib/. */
const WAY_TO_LIB = "%way-to-lib%";

const keepFileLocations = {
  name: "keep-file-locations",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/](control|dataplane)[\\/].*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      if (source.search(FILE_URL) < 0) return undefined;
      const place = toSlashes(relative(root, path)).replace(/\.ts$/, ".js");
      const url = `new URL("${WAY_TO_LIB}${place}", import.meta.url).href`;
      return { contents: source.replace(FILE_URL, url), loader: "ts" };
    });
  },
};

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(ENTRIES.map((entry) => [entry, `${entry}.ts`])),
  outdir: lib,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
  // Below dataplane/, so that frames of a stack in them are seen to be the engine's.
  chunkNames: "dataplane/chunks/[hash]",
  plugins: [keepFileLocations],
  write: false,
});

for (const folder of [
  "control",
  "dataplane/chunks",
  "dataplane/protocol",
  "dataplane/snapshot",
  "dataplane/worker",
])
  rmSync(join(lib, folder), { recursive: true, force: true });
for (const { path, text } of outputFiles) {
  const wayToLib = `${toSlashes(relative(dirname(path), lib))}/`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text.replaceAll(WAY_TO_LIB, wayToLib));
}

function toSlashes(path) {
  return path.replaceAll(sep, "/");
}
