import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { test } from "node:test";
import {
  hashLibrary,
  loadLibrary,
  moduleKey,
} from "../../../../../control/compiler/asc/library.ts";

const files = new Map([
  ["dataplane/assembly/a.ts", "export const A = 1;"],
  ["dataplane/assembly/b.ts", "export const B = 2;"],
]);

test("the library holds what modules may import, and the options of the kernels", async () => {
  const { files: loaded } = loadLibrary();
  for (const path of [
    "asconfig.json",
    "dataplane/assembly/view.ts",
    "dataplane/assembly/env.ts",
    "dataplane/protocol/view-layout.ts",
  ]) {
    assert.ok(loaded.has(path), path);
  }
  assert.ok([...loaded.keys()].every((path) => /\.ts$|^asconfig\.json$/.test(path)));
});

test("a folder that is in no package has no library", async () => {
  assert.throws(() => loadLibrary(tmpdir()), {
    code: "MR_COMPILER_UNAVAILABLE",
    details: { message: `there is no dataplane/assembly/index.ts above ${tmpdir()}` },
  });
});

test("the hash changes with a file's text, its path, and the compiler, not with the order of files", () => {
  const hash = hashLibrary(files, "0.28.20");
  assert.equal(hashLibrary(new Map([...files].reverse()), "0.28.20"), hash);
  const others = [
    hashLibrary(files, "0.28.21"),
    hashLibrary(new Map([...files, ["dataplane/assembly/a.ts", "export const A = 3;"]]), "0.28.20"),
    hashLibrary(new Map([...files, ["dataplane/assembly/c.ts", ""]]), "0.28.20"),
    hashLibrary(new Map([...files].map(([path, text]) => [`x${path}`, text])), "0.28.20"),
  ];
  assert.equal(new Set([hash, ...others]).size, others.length + 1);
});

test("a module's key changes with its text and with the library", () => {
  const keys = ["one", "two"].flatMap((hash) =>
    ["a", "b"].map((text) => moduleKey({ files, hash }, text)),
  );
  assert.equal(new Set(keys).size, 4);
  for (const key of keys) assert.match(key, /^[0-9a-f]{64}$/);
});
