import assert from "node:assert/strict";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { ZipFile } from "yazl";
import {
  BUNDLE_LIMITS,
  readManifest,
  readProgram,
  writeBundle,
} from "../../../../control/cluster/bundle-archive.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import { rejectsCode } from "../throws-code.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-bundle-test-"));
});
after(() => rm(folder, { recursive: true, force: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function zip(name: string, members: readonly (readonly [string, string])[]): Promise<string> {
  const archive = new ZipFile();
  for (const [member, text] of members) archive.addBuffer(Buffer.from(text), member);
  archive.end();
  const path = join(folder, name);
  await pipeline(archive.outputStream, createWriteStream(path));
  return path;
}

/** The writer refuses bad names, so they are put in afterwards, with others of the same length. */
async function renameMember(path: string, from: string, to: string): Promise<string> {
  assert.equal(from.length, to.length);
  const archive = (await readFile(path)).toString("latin1");
  await writeFile(path, Buffer.from(archive.replaceAll(from, to), "latin1"));
  return path;
}

test("what is packaged is read back, and equal programs make equal bytes", async () => {
  const programs = new Map([
    ["demo.Window", bytes("export default 1;")],
    ["Other_2", bytes("export default 2;")],
  ]);
  const path = join(folder, "two.jar");
  await writeBundle(path, programs, "1.2.3");
  assert.deepEqual(await readManifest(path), { entries: ["demo.Window"], engineVersion: "1.2.3" });
  assert.equal((await readProgram(path, "Other_2")).toString(), "export default 2;");
  const again = join(folder, "again.jar");
  await writeBundle(again, programs, "1.2.3");
  assert.deepEqual(await readFile(again), await readFile(path));
});

test("a manifest's long lines go on behind a blank, and names stand behind commas", async () => {
  const manifest = `Manifest-Version: 1.0\r\nprogram-class: first, sec\r\n ond, ../bad\r\n\r\nName: x\r\nMain-Class: no\r\n`;
  const path = await zip("continued.jar", [["META-INF/MANIFEST.MF", manifest]]);
  assert.deepEqual(await readManifest(path), { entries: ["first", "second"], engineVersion: null });
});

test("a bundle without a manifest, or a manifest without programs, says so", async () => {
  await rejectsCode("MR_BUNDLE_INVALID", readManifest(await zip("none.jar", [["a.mjs", "1"]])));
  const empty = await zip("empty.jar", [["META-INF/MANIFEST.MF", ""]]);
  assert.deepEqual(await readManifest(empty), { entries: [], engineVersion: null });
  await rejectsCode("MR_BUNDLE_INVALID", readProgram(empty, "missing"));
});

test("names with ways out of the archive are refused", async () => {
  for (const name of ["../../evil", "/etc/passwd", "..\\..\\evil", "C:/windows"]) {
    const placeholder = "x".repeat(name.length);
    const members = [
      ["META-INF/MANIFEST.MF", "Main-Class: job\r\n"],
      [placeholder, "evil"],
      ["job.mjs", "1"],
    ] as const;
    const path = await renameMember(await zip("slip.jar", members), placeholder, name);
    await rejectsCode("MR_BUNDLE_INVALID", readProgram(path, "job"));
  }
  const path = await zip("fine.jar", [["META-INF/MANIFEST.MF", "Main-Class: job\r\n"]]);
  for (const entry of ["../evil", "/etc/passwd", "", "a/b", "a\\b", ".hidden", "a".repeat(300)]) {
    await rejectsCode("MR_BUNDLE_INVALID", readProgram(path, entry));
  }
});

test("a program that unpacks to more than the limit is refused before it is unpacked", async () => {
  const bomb = await zip("bomb.jar", [["job.mjs", " ".repeat(2 << 20)]]);
  assert.ok((await stat(bomb)).size < 10_000);
  const limits = { ...BUNDLE_LIMITS, programBytes: 1 << 20 };
  const error = await rejectsCode("MR_BUNDLE_INVALID", readProgram(bomb, "job", limits));
  assert.match(error.message, /unpacks to 2097152 bytes/);
  assert.equal((await readProgram(bomb, "job")).length, 2 << 20);
});

test("a program that is longer than its header says is refused", async () => {
  const path = await zip("liar.jar", [["job.mjs", "z".repeat(100_000)]]);
  const archive = await readFile(path);
  const directory = archive.lastIndexOf(Buffer.from("PK\x01\x02", "latin1"));
  // The length in the central directory, which readers go by.
  archive.writeUInt32LE(10, directory + 24);
  await writeFile(path, archive);
  await rejectsCode("MR_BUNDLE_INVALID", readProgram(path, "job"));
});

test("too many files, too large an archive and doubled names are refused", async () => {
  const path = await zip("many.jar", [
    ["a.mjs", "1"],
    ["b.mjs", "2"],
    ["c.mjs", "3"],
  ]);
  await rejectsCode("MR_BUNDLE_INVALID", readProgram(path, "a", { ...BUNDLE_LIMITS, members: 2 }));
  const small = { ...BUNDLE_LIMITS, archiveBytes: 100 };
  await rejectsCode("MR_BUNDLE_INVALID", readProgram(path, "a", small));
  await rejectsCode(
    "MR_BUNDLE_INVALID",
    readProgram(await renameMember(path, "b.mjs", "a.mjs"), "a"),
  );
});

test("a bundle cut off at any byte or with a flipped byte is refused or unharmed, never broken", async () => {
  const path = join(folder, "whole.jar");
  const program = "export const answer = 42;".repeat(20);
  await writeBundle(path, new Map([["job", bytes(program)]]), "1.0.0");
  const whole = await readFile(path);
  const damaged = join(folder, "damaged.jar");
  const check = async (archive: Uint8Array, canBeUnharmed: boolean): Promise<void> => {
    await writeFile(damaged, archive);
    try {
      const read = await readProgram(damaged, "job");
      assert.ok(canBeUnharmed, "it was cut off and read all the same");
      assert.equal(read.toString(), program);
    } catch (error) {
      assert.ok(error instanceof EngineError && error.code === "MR_BUNDLE_INVALID", String(error));
    }
  };
  for (let length = 0; length < whole.length; length += 1) {
    await check(whole.subarray(0, length), false);
  }
  const flip = fc.asyncProperty(
    fc.nat(whole.length - 1),
    fc.integer({ min: 1, max: 255 }),
    async (at, mask) => {
      const archive = Buffer.from(whole);
      archive[at] = (archive[at] ?? 0) ^ mask;
      await check(archive, true);
    },
  );
  await fc.assert(flip, { numRuns: 400, seed: 7 });
});

test("garbage and empty files are refused", async () => {
  for (const [name, text] of [
    ["zero.jar", ""],
    ["garbage.jar", "this is no zip".repeat(10)],
  ] as const) {
    await writeFile(join(folder, name), text);
    await rejectsCode("MR_BUNDLE_INVALID", readManifest(join(folder, name)));
  }
  await rejectsCode("MR_BUNDLE_INVALID", readManifest(join(folder, "not-there.jar")));
});
