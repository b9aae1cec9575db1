import assert from "node:assert/strict";
import { test } from "node:test";

import type { EnumeratorContext } from "../../../../dataplane/connectors/source.ts";
import { SplitDealer, SplitShares } from "../../../../dataplane/connectors/split-enumerators.ts";

function recordingContext(parallelism: number) {
  const log: string[] = [];
  const context: EnumeratorContext<string> = {
    operatorName: "source",
    parallelism,
    assignSplits: (splits, subtaskIndex) => log.push(`${subtaskIndex}:${splits.join("+")}`),
    signalNoMoreSplits: (subtaskIndex) => log.push(`${subtaskIndex}:end`),
  };
  return { context, log };
}

test("splits are dealt one per request in order, and then the end is told", async () => {
  const { context, log } = recordingContext(2);
  const dealer = new SplitDealer(context, () => ["a", "b", "c"]);
  await dealer.start();
  for (const subtaskIndex of [1, 0, 1, 0, 1]) dealer.handleSplitRequest(subtaskIndex);
  assert.deepEqual(log, ["1:a", "0:b", "1:c", "0:end", "1:end"]);
});

test("many splits are dealt several at a time, the last ones one by one, all of them in order", async () => {
  const { context, log } = recordingContext(2);
  const splits = Array.from({ length: 1000 }, (_, index) => `${index}`);
  const dealer = new SplitDealer(context, () => splits);
  await dealer.start();
  while (!log.includes("0:end")) dealer.handleSplitRequest(0);
  const deals = log.slice(0, -1).map((line) => line.slice(2).split("+"));
  assert.deepEqual(deals.flat(), splits);
  const sizes = deals.map((deal) => deal.length);
  assert.equal(sizes[0], 64);
  assert.deepEqual(sizes.slice(-15), Array(15).fill(1));
  assert.deepEqual(
    sizes,
    [...sizes].sort((a, b) => b - a),
  );
});

test("requests that come before the splits are known are answered once, when they are", async () => {
  const { context, log } = recordingContext(2);
  const dealer = new SplitDealer(context, async () => ["a"]);
  dealer.handleSplitRequest(1);
  dealer.handleSplitRequest(1);
  dealer.handleSplitRequest(0);
  assert.deepEqual(log, []);
  await dealer.start();
  assert.deepEqual(log, ["1:a", "0:end"]);
});

test("splits that come back are dealt out next, in their order", async () => {
  const { context, log } = recordingContext(1);
  const dealer = new SplitDealer(context, () => ["a", "b", "c"]);
  await dealer.start();
  dealer.handleSplitRequest(0);
  dealer.handleSplitRequest(0);
  dealer.addSplitsBack(["a", "b"], 0);
  assert.deepEqual(dealer.snapshotState(), ["a", "b", "c"]);
  dealer.handleSplitRequest(0);
  assert.deepEqual(log, ["0:a", "0:b", "0:a"]);
  assert.deepEqual(dealer.snapshotState(), ["b", "c"]);
});

test("a failure to find splits is the failure of start()", async () => {
  const { context } = recordingContext(1);
  const dealer = new SplitDealer<string>(context, async () => {
    throw new Error("no such directory");
  });
  await assert.rejects(async () => dealer.start(), /no such directory/);
});

test("shares go to their subtasks, and every subtask hears that there is no more", async () => {
  const { context, log } = recordingContext(3);
  const shares = new SplitShares(context, () => [["a", "b"], [], ["c"]]);
  await shares.start();
  assert.deepEqual(log, ["0:a+b", "0:end", "1:end", "2:c", "2:end"]);
  log.length = 0;
  shares.addSplitsBack(["b"], 0);
  assert.deepEqual(log, ["0:b", "0:end"]);
});

test("a subtask that asks before its share is known does not hear that there is none", async () => {
  const { context, log } = recordingContext(1);
  const shares = new SplitShares(context, async () => [["a"]]);
  shares.handleSplitRequest(0);
  const started = shares.start();
  shares.handleSplitRequest(0);
  assert.deepEqual(log, []);
  await started;
  shares.handleSplitRequest(0);
  assert.deepEqual(log, ["0:a", "0:end"]);
});

test("who goes on from a snapshot deals what was left, and finds nothing again", async () => {
  const { context, log } = recordingContext(2);
  const find = (): never => assert.fail("the splits are known");
  const dealer = new SplitDealer<string>(context, find, ["b", "c"]);
  await dealer.start();
  dealer.handleSplitRequest(0);
  dealer.handleSplitRequest(1);
  dealer.handleSplitRequest(0);
  assert.deepEqual(log.splice(0), ["0:b", "1:c", "0:end"]);
  assert.deepEqual(dealer.snapshotState(), []);
  const shares = new SplitShares<string>(context, find, true);
  await shares.start();
  assert.deepEqual(log, ["0:end", "1:end"]);
});

test("a snapshot from before the splits are found leaves the finding to who goes on", async () => {
  const { context, log } = recordingContext(1);
  const early = new SplitDealer(context, () => ["a"]).snapshotState();
  const dealer = new SplitDealer(context, () => ["a"], early);
  await dealer.start();
  dealer.handleSplitRequest(0);
  assert.deepEqual(log.splice(0), ["0:a"]);
  const shares = new SplitShares(
    context,
    () => [["a"]],
    new SplitShares(context, () => [["a"]]).snapshotState(),
  );
  await shares.start();
  assert.deepEqual(log, ["0:a", "0:end"]);
});
