import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { systemClock } from "../../../../../control/common/clock.ts";
import { ModuleCache } from "../../../../../control/compiler/asc/module-cache.ts";
import {
  decodeModuleFile,
  encodeModuleFile,
} from "../../../../../control/compiler/asc/module-file.ts";
import type { EngineError } from "../../../../../dataplane/protocol/errors.ts";
import { seeded } from "../../../../oracle/seeded.ts";

const KEY = "a".repeat(64);
const OTHER_KEY = "b".repeat(64);
const wasm = Uint8Array.from({ length: 1000 }, (_, index) => index);

const scratch = mkdtempSync(join(tmpdir(), "millrace-cache-"));
after(() => rmSync(scratch, { recursive: true }));

const freshDirectory = (): string => mkdtempSync(join(scratch, "case-"));
/** Names of modules, whole or not, in alphabetical order. */
const cacheFiles = (directory: string): string[] =>
  readdirSync(directory)
    .filter((name) => /\.(module|partial)$/.test(name))
    .sort();
const fileOf = (directory: string, key: string): string => join(directory, `${key}.module`);

test("a module that was written is read, by another cache of the same folder too", async () => {
  const directory = join(freshDirectory(), "not", "there", "yet");
  const cache = new ModuleCache({ directory });
  assert.equal(await cache.read(KEY), null);
  await cache.write(KEY, wasm);
  assert.deepEqual(await cache.read(KEY), wasm);
  assert.deepEqual(await new ModuleCache({ directory }).read(KEY), wasm);
  assert.equal(await cache.read(OTHER_KEY), null);
  assert.deepEqual(cacheFiles(directory), [`${KEY}.module`]);
});

test("a module read has no bytes but its own, so that it can be posted to a thread", async () => {
  const cache = new ModuleCache({ directory: freshDirectory() });
  await cache.write(KEY, wasm);
  assert.equal((await cache.read(KEY))?.buffer.byteLength, wasm.byteLength);
});

test("any changed byte, cut and addition is found", () => {
  const file = Buffer.from(encodeModuleFile(KEY, wasm));
  assert.deepEqual(decodeModuleFile(KEY, file), wasm);
  const position = fc.nat({ max: file.length - 1 });
  fc.assert(
    fc.property(position, fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = Buffer.from(file);
      damaged[at] = (damaged[at] ?? 0) ^ change;
      assert.equal(decodeModuleFile(KEY, damaged), null);
      assert.equal(decodeModuleFile(KEY, file.subarray(0, at)), null);
      assert.equal(decodeModuleFile(KEY, Buffer.concat([file, file.subarray(at)])), null);
    }),
    seeded(300),
  );
});

for (const [damage, damagedOf] of [
  ["cut off", (file: Buffer) => file.subarray(0, 500)],
  ["empty", () => Buffer.alloc(0)],
  ["of another module", () => Buffer.from(encodeModuleFile(OTHER_KEY, wasm))],
] as const) {
  test(`a file that is ${damage} is removed, and written anew`, async () => {
    const directory = freshDirectory();
    const cache = new ModuleCache({ directory });
    await cache.write(KEY, wasm);
    writeFileSync(fileOf(directory, KEY), damagedOf(readFileSync(fileOf(directory, KEY))));
    assert.equal(await cache.read(KEY), null);
    assert.deepEqual(cacheFiles(directory), []);
    await cache.write(KEY, wasm);
    assert.deepEqual(await cache.read(KEY), wasm);
  });
}

test("above its size a cache forgets the modules that were used longest ago", async () => {
  const directory = freshDirectory();
  const now = systemClock.now();
  const cache = new ModuleCache({ directory, maxBytes: 3 * 1040 });
  for (const [key, minutes] of [
    ["first", 40],
    ["second", 30],
    ["third", 20],
  ] as const) {
    await cache.write(key, wasm);
    const seconds = now / 1000 - minutes * 60;
    utimesSync(fileOf(directory, key), seconds, seconds);
  }
  assert.notEqual(await cache.read("first"), null);
  await cache.write("fourth", wasm);
  assert.deepEqual(cacheFiles(directory), ["first.module", "fourth.module", "third.module"]);
});

test("a process looks for old modules once an hour, and when it has written much", async () => {
  const directory = freshDirectory();
  let now = systemClock.now();
  const clock = { ...systemClock, now: () => now };
  const cache = new ModuleCache({ directory, maxBytes: 16_000, clock });
  const hasLookedAfter = async (key: string, bytes: number): Promise<boolean> => {
    const abandoned = join(directory, "abandoned.partial");
    writeFileSync(abandoned, "");
    utimesSync(abandoned, 0, 0);
    await cache.write(key, new Uint8Array(bytes));
    return !cacheFiles(directory).includes("abandoned.partial");
  };
  assert.equal(await hasLookedAfter("a", 10), true);
  assert.equal(await hasLookedAfter("b", 990), false);
  assert.equal(await hasLookedAfter("c", 11), true);
  assert.equal(await hasLookedAfter("d", 10), false);
  now += 3_600_001;
  assert.equal(await hasLookedAfter("e", 10), true);
});

test("a file whose writer is gone is removed, one that is being written is not", async () => {
  const directory = freshDirectory();
  const hours = systemClock.now() / 1000 - 2 * 3600;
  for (const name of ["old.partial", "new.partial"]) writeFileSync(join(directory, name), "");
  utimesSync(join(directory, "old.partial"), hours, hours);
  await new ModuleCache({ directory }).write(KEY, wasm);
  assert.deepEqual(cacheFiles(directory), [`${KEY}.module`, "new.partial"]);
});

for (const [what, directoryOf] of [
  ["a folder that cannot be made", (file: string) => join(file, "modules")],
  ["no folder", () => null],
] as const) {
  test(`with ${what} nothing is kept, and that is said once`, async () => {
    const file = join(freshDirectory(), "file");
    writeFileSync(file, "");
    const warnings: EngineError[] = [];
    const cache = new ModuleCache({
      directory: directoryOf(file),
      onWarning: (warning) => warnings.push(warning),
    });
    for (const key of [KEY, OTHER_KEY]) {
      await cache.write(key, wasm);
      assert.equal(await cache.read(key), null);
    }
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ["MR_CACHE_UNUSABLE"],
    );
  });
}

test("two processes that write one key at once never leave or see anything but whole modules", async () => {
  const directory = freshDirectory();
  const script = fileURLToPath(new URL("fixtures/write-modules.js", import.meta.url));
  const start = async (own: number, other: number) => {
    const args = [script, directory, KEY, String(own), String(other), "400"];
    const child = spawn(process.execPath, args, { stdio: "pipe" });
    const stderr = text(child.stderr);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    await lines.next();
    return {
      go: () => child.stdin.end("go"),
      result: async () => {
        const { value } = await lines.next();
        assert.notEqual(value, undefined, await stderr);
        return JSON.parse(value) as { readonly sawOther: boolean };
      },
    };
  };
  const processes = await Promise.all([start(200, 201), start(201, 200)]);
  for (const { go } of processes) go();
  const results = await Promise.all(processes.map(({ result }) => result()));
  assert.ok(
    results.some(({ sawOther }) => sawOther),
    "the processes ran at the same time",
  );
  assert.deepEqual(cacheFiles(directory), [`${KEY}.module`]);
});
