import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BatchBuilder } from "../../../../dataplane/memory/batch-builder.ts";
import type { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import {
  LINES_CONSUMED,
  LINES_REPLACED,
  LINES_RESULT_SIZE,
} from "../../../../dataplane/protocol/kernel-layout.ts";
import {
  STATUS_DONE,
  STATUS_OUT_OF_MEMORY,
  STATUS_OUTPUT_FULL,
  STATUS_RECORD_TOO_LARGE,
} from "../../../../dataplane/protocol/status.ts";
import { readRows } from "../../../oracle/column-rows.ts";
import { createMemory, tupleSchema } from "../../../oracle/kernel-memory.ts";
import { seeded } from "../../../oracle/seeded.ts";

const MAX_RECORD = 1 << 20;

interface Split {
  readonly lines: string[];
  readonly consumed: number;
  readonly replaced: number;
  readonly status: number;
}

interface SplitOptions {
  readonly rowCapacity?: number;
  readonly byteCapacity?: number;
  readonly maxRecordBytes?: number;
  readonly isLast?: 0 | 1;
  /** Bytes of the input per call, as if read in pieces of this size. */
  readonly pieceBytes?: number;
}

/** Feeds the input as a reader does: piece by piece, the rest of a line in front of the next piece. */
function split(memory: TaskMemory, input: Uint8Array, options: SplitOptions = {}): Split {
  const {
    rowCapacity = 4096,
    byteCapacity = 262144,
    maxRecordBytes = MAX_RECORD,
    isLast = 1,
  } = options;
  const { pieceBytes = input.length } = options;
  const builder = new BatchBuilder(memory, tupleSchema({ kind: "STRING" }), {
    rowCapacity,
    byteCapacity,
  });
  const ptr = memory.alloc(input.length);
  memory.u8.set(input, ptr);
  const result = memory.alloc(LINES_RESULT_SIZE);
  const word = (offset: number) => memory.u32[(result + offset) >>> 2] as number;
  const lines: string[] = [];
  let consumed = 0;
  let replaced = 0;
  let scanned = 0;
  let available = Math.min(pieceBytes, input.length);
  let status = STATUS_DONE;
  for (;;) {
    const isEnd = available === input.length ? isLast : 0;
    const { kernels } = memory;
    const length = available - consumed;
    status = kernels.splitLines(
      ptr + consumed,
      length,
      scanned,
      isEnd,
      builder.ptr,
      0,
      maxRecordBytes,
      result,
    );
    consumed += word(LINES_CONSUMED);
    replaced += word(LINES_REPLACED);
    lines.push(...readRows(builder).map((row) => row.values[0] as string));
    if (builder.rowCount > 1) assert.ok(builder.sealedLength() <= Math.max(byteCapacity, 1024));
    builder.reset();
    scanned = status === STATUS_DONE ? available - consumed : 0;
    if (status < 0 || (status === STATUS_DONE && available === input.length)) break;
    if (status === STATUS_DONE) available = Math.min(available + pieceBytes, input.length);
  }
  builder.dispose();
  memory.free(ptr, input.length);
  memory.free(result, LINES_RESULT_SIZE);
  return { lines, consumed, replaced, status };
}

/** What TextDecoder and split make of it. */
function oracle(input: Uint8Array): string[] {
  const lines: string[] = [];
  for (let from = 0; from < input.length; ) {
    const newline = input.indexOf(10, from);
    let end = newline < 0 ? input.length : newline;
    if (newline > from && input[newline - 1] === 13) end -= 1;
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    lines.push(decoder.decode(input.subarray(from, end)));
    from = newline < 0 ? input.length : newline + 1;
  }
  return lines;
}

function countReplacements(input: Uint8Array): number {
  const count = (text: string) => text.split("\ufffd").length - 1;
  const given = Buffer.from(input).toString("latin1").split("\xef\xbf\xbd").length - 1;
  return oracle(input).reduce((sum, line) => sum + count(line), 0) - given;
}

const anyText = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.string({ maxLength: 90 }) },
      { weight: 2, arbitrary: fc.string({ unit: "grapheme", maxLength: 30 }) },
      { weight: 3, arbitrary: fc.constantFrom("\n", "\r\n", "\n\n", "\r", "") },
    ),
    { maxLength: 30 },
  )
  .map((parts) => new TextEncoder().encode(parts.join("\n")));

/** Bytes near the rules of UTF-8: leads, continuations, overlong and surrogate forms, cut off sequences. */
const anyBroken = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          [0xc0, 0x80],
          [0xe0, 0x80, 0x80],
          [0xed, 0xa0, 0x80],
          [0xf4, 0x90, 0x80, 0x80],
        ],
        ...[
          [0xe4, 0xbd],
          [0xf0, 0x9f, 0x98],
          [0xf0, 0x8f, 0xbf, 0xbf],
          [0xef, 0xbf, 0xbd],
        ],
        ...[[0xe4, 0xbd, 0xa0], [0xf0, 0x9f, 0x98, 0x80], [0xc3, 0xa9], [0x0a], [0x0d, 0x0a]],
      ),
      fc.array(fc.integer({ min: 0x7e, max: 0xff }), { maxLength: 4 }),
      fc.array(fc.integer({ min: 0, max: 0x7f }), { maxLength: 20 }),
    ),
    { maxLength: 40, size: "max" },
  )
  .map((parts) => Uint8Array.from(parts.flat()));

test("text is split as TextDecoder and split do it, in one piece and in many", () => {
  const { memory } = createMemory();
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 200 }), (input, pieceBytes) => {
      const whole = split(memory, input);
      assert.deepEqual(whole, {
        lines: oracle(input),
        consumed: input.length,
        replaced: 0,
        status: STATUS_DONE,
      });
      assert.deepEqual(split(memory, input, { pieceBytes }), whole);
    }),
    seeded(150),
  );
});

test("invalid UTF-8 is replaced as TextDecoder does it, and counted", () => {
  const { memory } = createMemory();
  fc.assert(
    fc.property(anyBroken, fc.integer({ min: 1, max: 100 }), (input, pieceBytes) => {
      const expected = {
        lines: oracle(input),
        consumed: input.length,
        replaced: countReplacements(input),
        status: STATUS_DONE,
      };
      assert.deepEqual(split(memory, input), expected);
      assert.deepEqual(split(memory, input, { pieceBytes }), expected);
    }),
    seeded(400),
  );
});

test("full builders are shipped and the rest follows, whatever their size", () => {
  const { memory } = createMemory();
  const rows = fc.integer({ min: 1, max: 20 });
  const bytes = fc.integer({ min: 64, max: 3000 });
  fc.assert(
    fc.property(fc.oneof(anyText, anyBroken), rows, bytes, (input, rowCapacity, byteCapacity) => {
      const { lines, status } = split(memory, input, { rowCapacity, byteCapacity });
      assert.equal(status, STATUS_DONE);
      assert.deepEqual(lines, oracle(input));
    }),
    seeded(150),
  );
});

test("a line without its newline waits for more unless it is the last", () => {
  const { memory } = createMemory();
  const input = new TextEncoder().encode("one\r\ntwo\nthr");
  const open = split(memory, input, { isLast: 0 });
  assert.deepEqual(open, { lines: ["one", "two"], consumed: 9, replaced: 0, status: STATUS_DONE });
  assert.deepEqual(split(memory, input).lines, ["one", "two", "thr"]);
});

test("an empty input has no line, a newline ends an empty one, a last carriage return stays", () => {
  const { memory } = createMemory();
  const lines = (text: string) => split(memory, new TextEncoder().encode(text)).lines;
  assert.deepEqual(lines(""), []);
  assert.deepEqual(lines("\n"), [""]);
  assert.deepEqual(lines("\r\n\n"), ["", ""]);
  assert.deepEqual(lines("a\r"), ["a\r"]);
  assert.deepEqual(lines("a\rb\r\r\n"), ["a\rb\r"]);
});

test("lines longer than a batch are taken alone, up to the longest allowed", () => {
  const { memory } = createMemory();
  const text = (long: number) => new TextEncoder().encode(`a\n${"é".repeat(long / 2)}\nb\n`);
  const options = { byteCapacity: 4096, maxRecordBytes: 100_000, pieceBytes: 10_000 };
  const fits = split(memory, text(100_000), options);
  assert.deepEqual(
    fits.lines.map((line) => line.length),
    [1, 50_000, 1],
  );
  const ended = split(memory, text(100_002), { ...options, pieceBytes: 200_000 });
  assert.deepEqual(
    [ended.status, ended.lines, ended.consumed],
    [STATUS_RECORD_TOO_LARGE, ["a"], 2],
  );
  const endless = split(memory, new Uint8Array(150_000).fill(97), options);
  assert.deepEqual([endless.status, endless.consumed], [STATUS_RECORD_TOO_LARGE, 0]);
});

test("a line that the budget has no room for is an answer, and the lines before it are there", () => {
  const { memory } = createMemory(26 * 65536);
  const input = new TextEncoder().encode(`short\n${"x".repeat(900_000)}\n`);
  const { status, lines, consumed } = split(memory, input);
  const lengths = lines.map((line) => line.length);
  assert.deepEqual([status, lengths, consumed], [STATUS_OUT_OF_MEMORY, [5], 6]);
});

test("input at the very end of memory is read to its last byte and not beyond", () => {
  const { memory } = createMemory();
  const builder = new BatchBuilder(memory, tupleSchema({ kind: "STRING" }));
  const result = memory.alloc(LINES_RESULT_SIZE);
  for (const text of ["abc", "abc\n", "é\n12345", `${"x".repeat(70)}\ny`, `${"é".repeat(33)}`]) {
    const input = new TextEncoder().encode(text);
    const ptr = memory.byteLength - input.length;
    memory.u8.set(input, ptr);
    builder.reset();
    const status = memory.kernels.splitLines(
      ptr,
      input.length,
      0,
      1,
      builder.ptr,
      0,
      MAX_RECORD,
      result,
    );
    assert.equal(status, STATUS_DONE);
    assert.deepEqual(
      readRows(builder).map((row) => row.values[0]),
      oracle(input),
    );
  }
});

test("a full builder takes nothing", () => {
  const { memory } = createMemory();
  const builder = new BatchBuilder(memory, tupleSchema({ kind: "STRING" }), { rowCapacity: 1 });
  const result = memory.alloc(LINES_RESULT_SIZE);
  const ptr = memory.alloc(64);
  memory.u8.set(new TextEncoder().encode("a\nb\n"), ptr);
  const call = () => memory.kernels.splitLines(ptr, 4, 0, 1, builder.ptr, 0, MAX_RECORD, result);
  assert.equal(call(), STATUS_OUTPUT_FULL);
  assert.equal(memory.u32[result >>> 2], 2);
  assert.equal(call(), STATUS_OUTPUT_FULL);
  assert.equal(memory.u32[result >>> 2], 0);
});
