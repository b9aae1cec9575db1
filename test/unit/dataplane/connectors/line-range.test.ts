import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { cutFiles } from "../../../../dataplane/connectors/file-split.ts";
import { LineRange } from "../../../../dataplane/connectors/line-range.ts";

/** What take() answers for a file given in chunks, and where that begins. */
function readRange(range: LineRange, file: Buffer, chunkBytes: number): Buffer {
  const parts: Uint8Array[] = [];
  for (let at = range.streamStart; at < file.length && !range.isFinished; at += chunkBytes) {
    parts.push(range.take(file.subarray(at, at + chunkBytes)));
  }
  return Buffer.concat(parts);
}

function splitsOf(file: Buffer, splitBytes: number) {
  return cutFiles([{ path: "f", sizeBytes: file.length }], splitBytes);
}

const fileBytes = fc
  .array(fc.constantFrom("\n", "\r\n", "a", "bcd", "é", "𝄞", ""), { maxLength: 60 })
  .map((parts) => Buffer.from(parts.join("")));

test("the ranges of all splits, joined, are the file, each beginning with a line", () => {
  fc.assert(
    fc.property(
      fileBytes,
      fc.integer({ min: 1, max: 64 }),
      fc.integer({ min: 1, max: 9 }),
      (file, splitBytes, chunkBytes) => {
        const parts = splitsOf(file, splitBytes).map((split) => {
          const range = new LineRange(split);
          const bytes = readRange(range, file, chunkBytes);
          if (bytes.length > 0) {
            const at = range.firstLineOffset;
            assert.ok(at >= split.start && at < split.end, "begins inside the split");
            assert.ok(at === 0 || file[at - 1] === 10, "begins a line");
            assert.deepEqual(file.subarray(at, at + bytes.length), bytes);
          }
          return bytes;
        });
        assert.deepEqual(Buffer.concat(parts), file);
      },
    ),
    { seed: 21, numRuns: 500 },
  );
});

test("a range restored at any line goes on exactly there", () => {
  fc.assert(
    fc.property(
      fileBytes,
      fc.integer({ min: 1, max: 64 }),
      fc.integer({ min: 1, max: 9 }),
      (file, splitBytes, chunkBytes) => {
        for (const split of splitsOf(file, splitBytes)) {
          const range = new LineRange(split);
          const whole = readRange(range, file, chunkBytes);
          const first = range.firstLineOffset;
          for (let line = whole.indexOf(10) + 1; line > 0; line = whole.indexOf(10, line) + 1) {
            const restored = new LineRange({ ...split, position: first + line });
            const rest = readRange(restored, file, chunkBytes);
            assert.deepEqual(rest, whole.subarray(line), `position ${first + line}`);
          }
        }
      },
    ),
    { seed: 22, numRuns: 300 },
  );
});

test("a reader stops at the end of its last line and reads nothing behind it", () => {
  const range = new LineRange({ path: "f", compression: "none", start: 0, end: 2, position: 0 });
  assert.equal(range.take(Buffer.from("ab")).length, 2);
  assert.equal(range.isFinished, false);
  assert.equal(Buffer.from(range.take(Buffer.from("c\nde\n"))).toString(), "c\n");
  assert.equal(range.isFinished, true);
  assert.equal(range.take(Buffer.from("x\n")).length, 0);
});

test("a split inside one long line is finished when that line reaches beyond its end", () => {
  const range = new LineRange({ path: "f", compression: "none", start: 4, end: 8, position: 4 });
  assert.equal(range.streamStart, 3);
  assert.equal(range.take(Buffer.from("xxxx")).length, 0);
  assert.equal(range.isFinished, true);
});

test("a compressed split is read from its beginning and skips what was read", () => {
  const split = { path: "f.gz", compression: "gzip", start: 0, end: 1000, position: 5 } as const;
  const range = new LineRange(split);
  assert.equal(range.streamStart, 0);
  assert.equal(range.take(Buffer.from("one")).length, 0);
  assert.equal(Buffer.from(range.take(Buffer.from("\nxtwo\n"))).toString(), "two\n");
  assert.equal(range.firstLineOffset, 5);
});
