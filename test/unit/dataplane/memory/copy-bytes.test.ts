import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { copyBytes } from "../../../../dataplane/memory/copy-bytes.ts";

type Room = (bytes: number) => Uint8Array;
const ROOMS: Readonly<Record<string, Room>> = {
  shared: (bytes) => new Uint8Array(new SharedArrayBuffer(bytes)),
  private: (bytes) => new Uint8Array(bytes),
  wasm: () => new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer),
};

for (const [from, roomFrom] of Object.entries(ROOMS)) {
  for (const [to, roomTo] of Object.entries(ROOMS)) {
    test(`from ${from} to ${to} memory, every byte and none beside`, () => {
      const lengths = fc.oneof(fc.constantFrom(0, 1, 1023, 1024, 1025), fc.nat(5000));
      fc.assert(
        fc.property(lengths, fc.nat(100), fc.nat(100), (length, skip, offset) => {
          const source = roomFrom(6000).subarray(skip, skip + length);
          for (let at = 0; at < length; at++) source[at] = (at * 31 + 7) & 0xff;
          const target = roomTo(6000).fill(0xee);
          copyBytes(target, offset, source);
          const copied = target.slice(offset, offset + length);
          assert.equal(Buffer.compare(copied, Uint8Array.from(source)), 0);
          assert.ok(target.subarray(0, offset).every((byte) => byte === 0xee));
          assert.ok(target.subarray(offset + length).every((byte) => byte === 0xee));
        }),
        { numRuns: 40 },
      );
    });
  }
}

test("refuses what does not fit, however it would be copied", () => {
  for (const length of [10, 2000]) {
    const room = new Uint8Array(length);
    assert.throws(() => copyBytes(room, 1, new Uint8Array(length)), RangeError);
  }
});
