import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  allToAllWires,
  pointwiseWires,
  type Wire,
  wiresOf,
} from "../../../../dataplane/protocol/wiring.ts";
import { projectRoot } from "../../../project-root.ts";

interface WiringCase {
  readonly name: string;
  readonly calls: readonly {
    readonly args: readonly [number, number];
    readonly result: readonly (readonly [readonly [number, number], readonly [number, number]])[];
  }[];
}

const vectors = join(projectRoot, "test/conformance/operators/15-partitioners-print.json");
const wiringCase = (JSON.parse(readFileSync(vectors, "utf8")) as readonly WiringCase[]).find(
  ({ name }) => name === "pointwise-wiring",
);

test("wires neighbours as Flink does", () => {
  assert.ok(wiringCase !== undefined && wiringCase.calls.length >= 8);
  for (const { args, result } of wiringCase.calls) {
    const [producers, consumers] = args;
    const wires = pointwiseWires(producers, consumers);
    const actual = Array.from({ length: consumers }, (_, consumer) => {
      const own = wires.filter((wire) => wire.consumer === consumer);
      const channels = own.map(({ channel }) => channel);
      return [
        [own[0]?.producer, own.at(-1)?.producer],
        [Math.min(...channels), Math.max(...channels)],
      ];
    });
    assert.deepEqual(actual, result, `${producers} to ${consumers}`);
  }
});

test("numbers the channels of a group by the consumer's index modulo its size", () => {
  const ofSecond = pointwiseWires(2, 5).filter(({ producer }) => producer === 1);
  assert.deepEqual(ofSecond, [
    { producer: 1, consumer: 3, channel: 1 },
    { producer: 1, consumer: 4, channel: 0 },
  ]);
});

test("gives each producer channels 0 to n - 1, each consumer an input, and nothing twice", () => {
  for (let producers = 1; producers <= 9; producers++) {
    for (let consumers = 1; consumers <= 9; consumers++) {
      for (const wires of [
        pointwiseWires(producers, consumers),
        allToAllWires(producers, consumers),
      ]) {
        assertSound(wires, producers, consumers);
      }
    }
  }
});

test("forward and rescale connect neighbours, all else connects everybody", () => {
  assert.equal(wiresOf("forward", 3, 3).length, 3);
  assert.equal(wiresOf("rescale", 2, 4).length, 4);
  for (const kind of ["hash", "rebalance", "broadcast", "shuffle", "global", "custom"] as const) {
    assert.equal(wiresOf(kind, 3, 4).length, 12);
  }
});

function assertSound(wires: readonly Wire[], producers: number, consumers: number): void {
  for (let producer = 0; producer < producers; producer++) {
    const channels = wires
      .filter((wire) => wire.producer === producer)
      .map(({ channel }) => channel);
    assert.deepEqual(
      channels.toSorted((a, b) => a - b),
      [...channels.keys()],
    );
    assert.ok(channels.length > 0);
  }
  for (let consumer = 0; consumer < consumers; consumer++) {
    const feeding = wires
      .filter((wire) => wire.consumer === consumer)
      .map(({ producer }) => producer);
    assert.ok(feeding.length > 0);
    assert.equal(new Set(feeding).size, feeding.length);
  }
}
