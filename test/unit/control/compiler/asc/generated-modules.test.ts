import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../../../../control/common/clock.ts";
import { GeneratedModules } from "../../../../../control/compiler/asc/generated-modules.ts";
import { ModuleCache } from "../../../../../control/compiler/asc/module-cache.ts";
import {
  type CompiledModule,
  type GeneratedSource,
  ModuleCompiler,
} from "../../../../../control/compiler/asc/module-compiler.ts";
import { EngineError } from "../../../../../dataplane/protocol/errors.ts";
import { watchProcesses } from "./processes.ts";

const TEXT = `
import { alloc } from "../allocator.ts";
export function room(bytes: u32): usize { return alloc(bytes); }
`;
const EXIT_MAX_MS = 3000;

const scratch = mkdtempSync(join(tmpdir(), "millrace-modules-"));
after(() => rmSync(scratch, { recursive: true }));

const freshDirectory = (): string => mkdtempSync(join(scratch, "case-"));

/** Compiles nothing: counts requests and answers with the text's own bytes. */
class FakeCompiler {
  readonly compiled: string[] = [];
  failures = 0;

  async keyOf({ text }: GeneratedSource): Promise<string> {
    return `key-${text}`;
  }

  async compile(source: GeneratedSource): Promise<CompiledModule> {
    this.compiled.push(source.text);
    await nextTurn();
    if (this.failures-- > 0) throw new EngineError("MR_COMPILE_TIMEOUT", { module: source.name });
    return { key: await this.keyOf(source), wasm: new TextEncoder().encode(source.text) };
  }

  close(): void {}
}

function createModules(directory: string): { compiler: FakeCompiler; modules: GeneratedModules } {
  const compiler = new FakeCompiler();
  return {
    compiler,
    modules: new GeneratedModules({ compiler, cache: new ModuleCache({ directory }) }),
  };
}

test("a source is compiled once, however many ask for it at the same time or later", async () => {
  const { compiler, modules } = createModules(freshDirectory());
  const names = ["a", "b", "c"];
  const loaded = await Promise.all(names.map((name) => modules.loadModule({ name, text: "x" })));
  assert.deepEqual(
    loaded.map(({ fromCache }) => fromCache),
    [false, true, true],
  );
  const [first] = loaded;
  assert.ok((first?.compileMs ?? 0) > 0);
  assert.deepEqual(await modules.loadModule({ name: "d", text: "x" }), {
    key: "key-x",
    wasm: new TextEncoder().encode("x"),
    fromCache: true,
    compileMs: 0,
  });
  await modules.loadModule({ name: "e", text: "y" });
  assert.deepEqual(compiler.compiled, ["x", "y"]);
});

test("another process of the user finds the module on disk", async () => {
  const directory = freshDirectory();
  await createModules(directory).modules.loadModule({ name: "a", text: "x" });
  const { compiler, modules } = createModules(directory);
  const { fromCache, wasm } = await modules.loadModule({ name: "a", text: "x" });
  assert.ok(fromCache);
  assert.deepEqual(wasm, new TextEncoder().encode("x"));
  assert.deepEqual(compiler.compiled, []);
});

test("a damaged file is compiled anew", async () => {
  const directory = freshDirectory();
  await createModules(directory).modules.loadModule({ name: "a", text: "x" });
  truncateSync(join(directory, "key-x.module"), 20);
  const { compiler, modules } = createModules(directory);
  assert.equal((await modules.loadModule({ name: "a", text: "x" })).fromCache, false);
  assert.deepEqual(compiler.compiled, ["x"]);
  const again = createModules(directory);
  assert.equal((await again.modules.loadModule({ name: "a", text: "x" })).fromCache, true);
});

test("a failure reaches all who wait for the module and is not remembered", async () => {
  const { compiler, modules } = createModules(freshDirectory());
  compiler.failures = 1;
  const loads = [1, 2].map(() => modules.loadModule({ name: "a", text: "x" }));
  const isTimeout = { code: "MR_COMPILE_TIMEOUT" };
  await Promise.all(loads.map((load) => assert.rejects(load, isTimeout)));
  assert.equal((await modules.loadModule({ name: "a", text: "x" })).fromCache, false);
  assert.deepEqual(compiler.compiled, ["x", "x"]);
});

test("modules are compiled where the cache folder cannot be written to", async () => {
  const file = join(freshDirectory(), "file");
  writeFileSync(file, "");
  const { compiler, modules } = createModules(join(file, "modules"));
  for (const text of ["x", "y", "x"]) await modules.loadModule({ name: "a", text });
  assert.deepEqual(compiler.compiled, ["x", "y"]);
});

test("of very many modules those used longest ago are read from disk again", async () => {
  const directory = freshDirectory();
  const { compiler, modules } = createModules(directory);
  for (let index = 0; index < 257; ++index) {
    await modules.loadModule({ name: "a", text: String(index) });
    await modules.loadModule({ name: "a", text: "0" });
  }
  rmSync(directory, { recursive: true });
  await modules.loadModule({ name: "a", text: "0" });
  assert.equal(compiler.compiled.length, 257);
  await modules.loadModule({ name: "a", text: "1" });
  assert.equal(compiler.compiled.length, 258);
});

test("a program that compiled ends by itself, its compiler with it; its module is on disk", async () => {
  const directory = freshDirectory();
  const script = fileURLToPath(new URL("fixtures/compile-once.js", import.meta.url));
  const processes = await watchProcesses();
  const child = spawn(process.execPath, [script, directory, TEXT], {
    env: { ...process.env, ...processes.environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const compiledMs = systemClock.monotonic();
  const { key, fromCache, processId } = JSON.parse(line) as {
    readonly key: string;
    readonly fromCache: boolean;
    readonly processId: number;
  };
  assert.deepEqual(await exited, [0, null]);
  assert.ok(systemClock.monotonic() - compiledMs < EXIT_MAX_MS);
  await processes.ended(processId);
  assert.equal(fromCache, false);
  assert.ok(existsSync(join(directory, `${key}.module`)));

  const compiler = new ModuleCompiler();
  const modules = new GeneratedModules({ compiler, cache: new ModuleCache({ directory }) });
  const hit = await modules.loadModule({ name: "again", text: TEXT });
  assert.equal(hit.key, key);
  assert.equal(hit.fromCache, true);
  assert.ok(WebAssembly.validate(hit.wasm));
  assert.equal(compiler.processId, null, "nothing had to be compiled");
});
