import assert from "node:assert/strict";
import { test } from "node:test";
import { staticDataRange } from "../../../../../control/compiler/asc/static-data.ts";

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
/** A memory of two pages, so that the engine takes the data. */
const MEMORY = [0x05, 0x03, 0x01, 0x00, 0x02];
const AT_32768 = [0x41, 0x80, 0x80, 0x02, 0x0b];
const AT_65535 = [0x41, 0xff, 0xff, 0x03, 0x0b];

function moduleOf(...sections: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from([...HEADER, ...MEMORY, ...sections.flat()]);
}

function dataSection(...segments: readonly (readonly number[])[]): number[] {
  const body = [segments.length, ...segments.flat()];
  return [0x0b, body.length, ...body];
}

function rangeOf(wasm: Uint8Array): ReturnType<typeof staticDataRange> {
  assert.ok(WebAssembly.validate(wasm), "the engine takes the module");
  return staticDataRange(wasm);
}

test("a module without data has no range", () => {
  assert.equal(rangeOf(moduleOf()), null);
  assert.equal(rangeOf(moduleOf(dataSection())), null);
});

test("the range reaches from the first to the last byte of all segments", () => {
  const wasm = moduleOf(
    dataSection([0x00, ...AT_65535, 0x03, 1, 2, 3], [0x00, ...AT_32768, 0x01, 4]),
  );
  assert.deepEqual(rangeOf(wasm), { start: 32768, end: 65538 });
});

test("segments without a place of their own do not count", () => {
  const wasm = moduleOf(dataSection([0x01, 0x02, 1, 2], [0x00, ...AT_32768, 0x02, 3, 4]));
  assert.deepEqual(rangeOf(wasm), { start: 32768, end: 32770 });
});

test("sections in front are skipped, whatever they hold", () => {
  const custom = [0x00, 0x07, 0x01, 0x61, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b];
  const wasm = moduleOf(custom, dataSection([0x00, ...AT_32768, 0x01, 9]));
  assert.deepEqual(rangeOf(wasm), { start: 32768, end: 32769 });
});

test("a segment at a place that is not constant is refused", () => {
  const wasm = moduleOf(dataSection([0x00, 0x23, 0x00, 0x0b, 0x01, 9]));
  assert.throws(() => staticDataRange(wasm), /no constant address/);
});

test("a module that is cut off is refused", () => {
  const wasm = moduleOf(dataSection([0x00, ...AT_32768, 0x01, 9]));
  assert.throws(() => staticDataRange(wasm.subarray(0, wasm.length - 5)), /cut off/);
});
