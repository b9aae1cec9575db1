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
  shares.handleSplitRequest(1);
  assert.deepEqual(log, ["0:b", "0:end", "1:end"]);
});
