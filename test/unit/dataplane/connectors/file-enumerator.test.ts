import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { findFiles } from "../../../../dataplane/connectors/file-enumerator.ts";
import { cutFiles, defaultSplitBytes } from "../../../../dataplane/connectors/file-split.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";

let root = "";

before(async () => {
  root = await mkdtemp(join(tmpdir(), "connectors-files-"));
  const files = ["b.txt", "a.txt", "sub/c.txt", "sub/deep/d.log", "sub2/e.txt", "[x].txt"];
  const hidden = [".h.txt", "_tmp/f.txt", "sub/_SUCCESS", "sub/.crc/g.txt"];
  for (const name of [...files, ...hidden]) {
    await mkdir(join(root, name, ".."), { recursive: true });
    await writeFile(join(root, name), name);
  }
  await writeFile(join(root, "sub/empty.txt"), "");
});

after(() => rm(root, { recursive: true }));

async function find(...names: readonly string[]): Promise<readonly string[]> {
  const files = await findFiles(
    names.map((name) => join(root, name)),
    "source",
  );
  return files.map((file) => file.path.slice(root.length + 1));
}

function isError(code: string, path: string): (error: unknown) => boolean {
  return (error) =>
    error instanceof EngineError && error.code === code && error.details.path === path;
}

test("a directory gives all files below it in order, without hidden ones", async () => {
  const expected = [
    "[x].txt",
    "a.txt",
    "b.txt",
    "sub/c.txt",
    "sub/deep/d.log",
    "sub/empty.txt",
    "sub2/e.txt",
  ];
  assert.deepEqual(await find(""), ["", ...expected].slice(1));
  assert.deepEqual(await find("sub/"), ["sub/c.txt", "sub/deep/d.log", "sub/empty.txt"]);
});

test("paths keep the order they were given in, and one given twice is read twice", async () => {
  assert.deepEqual(await find("b.txt", "sub2", "a.txt", "b.txt"), [
    "b.txt",
    "sub2/e.txt",
    "a.txt",
    "b.txt",
  ]);
});

test("a hidden file that is named is read", async () => {
  assert.deepEqual(await find(".h.txt", "_tmp"), [".h.txt", "_tmp/f.txt"]);
});

test("a glob gives the matching files once each, in order, and what lies in matching directories", async () => {
  assert.deepEqual(await find("*.txt"), ["[x].txt", "a.txt", "b.txt"]);
  assert.deepEqual(await find("sub*/*.txt"), ["sub/c.txt", "sub/empty.txt", "sub2/e.txt"]);
  assert.deepEqual(await find("**/*.{log,txt}"), [
    "[x].txt",
    "a.txt",
    "b.txt",
    "sub/c.txt",
    "sub/deep/d.log",
    "sub/empty.txt",
    "sub2/e.txt",
  ]);
  assert.deepEqual(await find("sub/**"), ["sub/c.txt", "sub/deep/d.log", "sub/empty.txt"]);
  assert.deepEqual(await find("s*b"), ["sub/c.txt", "sub/deep/d.log", "sub/empty.txt"]);
  assert.deepEqual(await find("{b,a}.txt"), ["a.txt", "b.txt"]);
  assert.deepEqual(await find(".h*"), [".h.txt"]);
});

test("a relative glob begins in the working directory", async () => {
  const before = process.cwd();
  process.chdir(root);
  try {
    const paths = (await findFiles(["sub/*.txt", "**/d.*"], "source")).map((file) => file.path);
    assert.deepEqual(paths, ["sub/c.txt", "sub/empty.txt", "sub/deep/d.log"]);
  } finally {
    process.chdir(before);
  }
});

test("an existing path is no glob, whatever characters it has", async () => {
  assert.deepEqual(await find("[x].txt"), ["[x].txt"]);
  assert.deepEqual(await find("\\[x\\]*"), ["[x].txt"]);
});

test("a file URL is a path", async () => {
  const [file] = await findFiles([pathToFileURL(join(root, "a.txt")).href], "source");
  assert.deepEqual(file, { path: join(root, "a.txt"), sizeBytes: 5 });
});

test("a link to a directory above ends there instead of going round for ever", async () => {
  const base = join(root, "_links");
  await mkdir(join(base, "inner"), { recursive: true });
  await writeFile(join(base, "inner/x"), "x");
  await symlink(base, join(base, "inner/up"));
  await symlink(join(base, "gone"), join(base, "dangling"));
  assert.deepEqual(await find("_links"), ["_links/inner/x"]);
});

test("a directory without files is empty, not an error", async () => {
  await mkdir(join(root, "_empty/_only"), { recursive: true });
  assert.deepEqual(await find("_empty"), []);
});

test("what does not exist is MR_SOURCE_NOT_FOUND with the path", async () => {
  for (const name of ["missing", "a.txt/child", "*.csv", "missing/*", "**/*.csv"]) {
    await assert.rejects(
      find("a.txt", name),
      isError("MR_SOURCE_NOT_FOUND", join(root, name)),
      name,
    );
  }
});

test("a named path that is no file is MR_SOURCE_UNREADABLE, and is skipped in a directory", async () => {
  await mkdir(join(root, "_socket"));
  const path = join(root, "_socket/s");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    await assert.rejects(find("_socket/s"), isError("MR_SOURCE_UNREADABLE", path));
    assert.deepEqual(await find("_socket"), []);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test("a directory that may not be listed is MR_SOURCE_UNREADABLE", async () => {
  const path = join(root, "_locked");
  await mkdir(path);
  await chmod(root, 0o755);
  await chmod(path, 0o000);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    await assert.rejects(find("_locked"), isError("MR_SOURCE_UNREADABLE", path));
    const inside = join(path, "*");
    await assert.rejects(find("_locked/*"), isError("MR_SOURCE_UNREADABLE", inside));
  } finally {
    if (isRoot) process.seteuid?.(0);
    await chmod(path, 0o755);
  }
});

test("files are cut into ranges in order; empty ones have none and compressed ones are whole", () => {
  const files = [
    { path: "a", sizeBytes: 10 },
    { path: "b", sizeBytes: 0 },
    { path: "c.GZ", sizeBytes: 100 },
    { path: "d.gz.txt", sizeBytes: 4 },
  ];
  const ranges = cutFiles(files, 4).map(({ path, compression, start, end, position }) => {
    assert.equal(position, start);
    return `${path} ${compression} ${start}-${end === Number.MAX_SAFE_INTEGER ? "" : end}`;
  });
  assert.deepEqual(ranges, [
    "a none 0-4",
    "a none 4-8",
    "a none 8-10",
    "c.GZ gzip 0-",
    "d.gz.txt none 0-4",
  ]);
});

test("splits are 16 MiB by default, and smaller where readers would have nothing to do", () => {
  const mib = 1_048_576;
  const sizes: readonly [total: number, parallelism: number, expected: number][] = [
    [1000 * mib, 2, 16 * mib],
    [5 * mib, 2, 2.5 * mib],
    [4 * mib, 8, mib / 2],
    [100, 4, mib / 4],
  ];
  for (const [sizeBytes, parallelism, expected] of sizes) {
    assert.equal(defaultSplitBytes([{ path: "a", sizeBytes }], parallelism), expected);
  }
});
