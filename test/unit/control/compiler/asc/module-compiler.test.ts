import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type Clock, systemClock } from "../../../../../control/common/clock.ts";
import {
  type CompilerOptions,
  type GeneratedSource,
  ModuleCompiler,
} from "../../../../../control/compiler/asc/module-compiler.ts";
import { staticDataRange } from "../../../../../control/compiler/asc/static-data.ts";
import { buildRows, createMemory } from "../../../../oracle/kernel-memory.ts";
import { watchProcesses } from "./processes.ts";

const WEIGHTED: GeneratedSource = {
  name: "weighted",
  text: `
import { builderReset } from "../builder.ts";
import { viewColumn } from "../schema.ts";
import { viewOpen } from "../view.ts";
import { VIEW_COLUMN_DATA_PTR, VIEW_ROW_COUNT } from "../../protocol/view-layout.ts";

const weights: usize = memory.data<f64>([1, 10, 100]);

/** Sum of a column of numbers, row by row times 1, 10, 100, 1, ... */
export function weighted(view: usize): f64 {
  const data: usize = load<u32>(viewColumn(view, 0), VIEW_COLUMN_DATA_PTR);
  const rows = load<u32>(view, VIEW_ROW_COUNT);
  let sum: f64 = 0;
  for (let row: u32 = 0; row < rows; ++row) {
    sum += load<f64>(data + (<usize>row << 3)) * load<f64>(weights + (<usize>(row % 3) << 3));
  }
  return sum;
}

export { builderReset, viewOpen };
`,
};
const TRIVIAL: GeneratedSource = {
  name: "trivial",
  text: "export function one(): i32 { return 1; }",
};

/** Lets a test shorten the wait for an answer, and end the wait for work at a moment of its choosing. */
class TestClock implements Clock {
  limitMs = Number.POSITIVE_INFINITY;
  tick: () => void = () => {};
  readonly now = systemClock.now;
  readonly monotonic = systemClock.monotonic;
  readonly after = systemClock.after;

  atMost(work: Promise<void>, ms: number): Promise<void> {
    return systemClock.atMost(work, Math.min(ms, this.limitMs));
  }

  every(_ms: number, callback: () => void): () => void {
    this.tick = callback;
    return () => {
      this.tick = () => {};
    };
  }
}

const processes = await watchProcesses();
Object.assign(process.env, processes.environment);

const clock = new TestClock();
/** One for most tests: starting asc takes longer than compiling. */
const compiler = new ModuleCompiler({ clock });
after(() => compiler.close());

function compilerWith(options: CompilerOptions): ModuleCompiler {
  const made = new ModuleCompiler(options);
  after(() => made.close());
  return made;
}

function processIdOf(running: ModuleCompiler): number {
  assert.notEqual(running.processId, null, "the compiler has a process");
  return running.processId ?? 0;
}

test("a module is compiled with the library and runs on the memory of the kernels", async () => {
  const { key, wasm, wat } = await compiler.compile(WEIGHTED);
  assert.equal(key, await compiler.keyOf(WEIGHTED));
  assert.equal(wat, undefined);
  assert.equal(wasm.buffer.byteLength, wasm.byteLength);

  const { memory } = createMemory();
  const builder = buildRows(memory, {
    type: { record: { kind: "TUPLE", fields: [{ kind: "NUMBER" }] }, key: null },
    rows: [1.5, 2, 3, 4].map((value) => ({ values: [value], timestamp: null })),
  });
  const requestPages = (): number => 0;
  const module = await WebAssembly.compile(wasm);
  const instance = new WebAssembly.Instance(module, {
    env: { memory: memory.memory, requestPages },
  });
  const weighted = instance.exports["weighted"] as (view: number) => number;
  const builderReset = instance.exports["builderReset"] as (builder: number) => void;
  assert.equal(weighted(builder.ptr), 1.5 + 20 + 300 + 4);
  builderReset(builder.ptr);
  assert.equal(weighted(builder.ptr), 0);
  assert.equal(builder.rowCount, 0);
});

test("static data of a module lies between that of the kernels and the heap", async () => {
  const { wasm } = await compiler.compile({
    name: "data",
    text: "const data: usize = memory.data<u8>([1, 2, 3]); export function at(): usize { return data; }",
  });
  const range = staticDataRange(wasm);
  assert.ok(range !== null && range.start >= 32768 && range.end <= 65536, JSON.stringify(range));
});

test("the text form is made where it is asked for; a module's name changes nothing", async () => {
  const plain = await compiler.compile(TRIVIAL);
  const named = await compiler.compile({ ...TRIVIAL, name: "other" }, { wat: true });
  assert.match(named.wat ?? "", /^\(module\n/);
  assert.equal(named.key, plain.key);
  assert.deepEqual(named.wasm, plain.wasm);
});

test("a text that asc refuses is an error with what asc says, and the process goes on", async () => {
  const processId = processIdOf(compiler);
  const text = "export function bad(): i32 {\n  return missing;\n}\n";
  await assert.rejects(compiler.compile({ name: "bad", text }), {
    code: "MR_COMPILE_FAILED",
    message: /Generated module bad does not compile: .*'missing'.* in bad\.ts\(2,10\)/s,
  });
  assert.equal(processIdOf(compiler), processId);
});

test("static data that would reach into the heap is refused", async () => {
  const text = "export function room(): usize { return memory.data(32769); }";
  await assert.rejects(compiler.compile({ name: "room", text }), { code: "MR_COMPILE_FAILED" });
});

test("a compile that takes too long is given up, and its process killed", async () => {
  const processId = processIdOf(compiler);
  clock.limitMs = 1;
  await assert.rejects(compiler.compile(TRIVIAL), {
    code: "MR_COMPILE_TIMEOUT",
    details: { module: "trivial", timeoutMs: 30_000 },
  });
  clock.limitMs = Number.POSITIVE_INFINITY;
  assert.equal(compiler.processId, null);
  await processes.ended(processId);
});

test("a killed process fails what it was compiling; what waits gets a new one", async () => {
  const running = compiler.compile(WEIGHTED);
  const waiting = compiler.compile(TRIVIAL);
  const processId = processIdOf(compiler);
  process.kill(processId, "SIGKILL");
  await assert.rejects(running, {
    code: "MR_COMPILE_ABORTED",
    message: /module weighted waited for it: SIGKILL ended its process/,
  });
  assert.ok((await waiting).wasm.byteLength > 0);
  assert.notEqual(processIdOf(compiler), processId);
});

test("a process without work ends when it was idle for long enough", async () => {
  const processId = processIdOf(compiler);
  clock.tick();
  assert.equal(compiler.processId, null);
  await processes.ended(processId);
});

test("requests beyond those that may wait are refused; closing fails the others", async () => {
  const small = compilerWith({ maxWaiting: 2 });
  const accepted = [1, 2, 3].map(() => small.compile(TRIVIAL));
  await assert.rejects(small.compile(TRIVIAL), {
    code: "MR_COMPILE_QUEUE_FULL",
    details: { module: "trivial", waiting: 2 },
  });
  processIdOf(small);
  small.close();
  const isAborted = {
    code: "MR_COMPILE_ABORTED",
    details: { module: "trivial", message: "the compiler was closed" },
  };
  await Promise.all(accepted.map((request) => assert.rejects(request, isAborted)));
  assert.equal(small.processId, null);
});
