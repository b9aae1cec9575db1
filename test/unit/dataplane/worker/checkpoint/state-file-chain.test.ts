import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_STATE } from "../../../../../dataplane/protocol/checkpoint.ts";
import type { StateFile } from "../../../../../dataplane/protocol/state-file.ts";
import { StateFileChain } from "../../../../../dataplane/worker/checkpoint/state-file-chain.ts";

function file(name: string, lengthBytes: number): StateFile {
  return { kind: "file", folder: "/c", file: name, lengthBytes, crc32c: 0 };
}

test("changes stand behind what they are changes of", () => {
  const chain = new StateFileChain();
  assert.equal(chain.mayGrow, false);
  const [base, first, second] = [file("base", 1000), file("first", 10), file("second", 20)];
  assert.deepEqual(chain.add(base, false), base);
  assert.equal(chain.mayGrow, true);
  assert.deepEqual(chain.add(first, true), { ...first, bases: [base] });
  assert.deepEqual(chain.add(second, true), { ...second, bases: [base, first] });
  assert.deepEqual(chain.add(base, false), base);
});

test("without changes it is what it was, and without anything it is nothing", () => {
  const chain = new StateFileChain();
  assert.deepEqual(chain.add(NO_STATE, false), NO_STATE);
  assert.equal(chain.mayGrow, false);
  const [base, first] = [file("base", 1000), file("first", 10)];
  chain.add(base, false);
  assert.deepEqual(chain.add(NO_STATE, true), base);
  chain.add(first, true);
  assert.deepEqual(chain.add(NO_STATE, true), { ...first, bases: [base] });
  assert.deepEqual(chain.add(NO_STATE, false), NO_STATE);
  assert.equal(chain.mayGrow, false);
});

test("changes come to no more than half of the base, and to no more than 63 files", () => {
  const large = new StateFileChain();
  large.add(file("base", 1000), false);
  large.add(file("first", 250), true);
  assert.equal(large.mayGrow, true);
  large.add(file("second", 150), true);
  assert.equal(large.mayGrow, false);
  const many = new StateFileChain();
  many.add(file("base", 1_000_000), false);
  for (let count = 1; count < 64; count++) {
    assert.equal(many.mayGrow, true);
    many.add(file(`${count}`, 1), true);
  }
  assert.equal(many.mayGrow, false);
});
