import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Crc32c } from "../../../../dataplane/memory/crc32c.ts";
import { seeded } from "../../../oracle/seeded.ts";

const crc32c = await Crc32c.create();

/** Bit by bit, as the polynomial says. */
function oracle(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; ++bit) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test("the vectors of RFC 3720, appendix B.4, come out", () => {
  const bytes = (at: (index: number) => number) => Uint8Array.from({ length: 32 }, (_, i) => at(i));
  assert.equal(crc32c.of(bytes(() => 0)), 0x8a9136aa);
  assert.equal(crc32c.of(bytes(() => 0xff)), 0x62a8ab43);
  assert.equal(crc32c.of(bytes((index) => index)), 0x46dd794e);
  assert.equal(crc32c.of(bytes((index) => 31 - index)), 0x113fdb5c);
  assert.equal(crc32c.of(Buffer.from("123456789")), 0xe3069283);
  assert.equal(crc32c.of(new Uint8Array(0)), 0);
});

test("any bytes, in one piece or two, have the CRC that is computed bit by bit", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: 300 }), (bytes, cut) => {
      assert.equal(crc32c.of(bytes), oracle(bytes));
      assert.equal(
        crc32c.of(bytes.subarray(cut), crc32c.of(bytes.subarray(0, cut))),
        oracle(bytes),
      );
    }),
    seeded(),
  );
});

test("bytes longer than the buffer are taken in pieces", () => {
  for (const length of [65_535, 65_536, 65_537, 200_003]) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
    assert.equal(crc32c.of(bytes), oracle(bytes));
  }
});
