import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type BroadcastState,
  type CheckpointedFunction,
  type CheckpointListener,
  type Collector,
  type DataStream,
  EngineError,
  type FunctionInitializationContext,
  type FunctionSnapshotContext,
  type ListState,
  ListStateDescriptor,
  MapStateDescriptor,
  type ProcessContext,
  ProcessFunction,
  type RuntimeContext,
  type SinkFunction,
  ValueStateDescriptor,
} from "../../../../control/index.ts";
import {
  createHarness,
  type HarnessOptions,
  type HarnessSnapshot,
  type OneInputHarness,
} from "../../../../control/testing.ts";

const SAVED = new ListStateDescriptor<string>("saved");
const PEERS = new ListStateDescriptor<string>("peers");
const RULES = new MapStateDescriptor<readonly string[], { level: number }>("rules");

/** Puts out what it has when it is told to, and tells what it hears. */
class Buffering
  extends ProcessFunction<string, string>
  implements CheckpointedFunction, CheckpointListener
{
  private buffer: string[] = [];
  private readonly log: string[] = [];
  private saved!: ListState<string>;
  private peers!: ListState<string>;
  private rules!: BroadcastState<readonly string[], { level: number }>;

  initializeState(context: FunctionInitializationContext): void {
    const store = context.getOperatorStateStore();
    this.saved = store.getListState(SAVED);
    this.peers = store.getUnionListState(PEERS);
    this.rules = store.getBroadcastState(RULES);
    this.buffer = [...this.saved.get()];
    const task = this.getRuntimeContext().getIndexOfThisSubtask();
    this.log.push(`${context.isRestored() ? "restored" : "new"} ${task}`);
  }

  override open(_context: RuntimeContext): void {
    this.log.push("open");
  }

  processElement(word: string, _context: ProcessContext, out: Collector<string>): void {
    if (word === "?") {
      out.collect(
        [this.buffer, this.peers.get(), [...this.rules.entries()].flat(2), this.log]
          .map((part) => part.map((item) => JSON.stringify(item)).join(" "))
          .join(" | "),
      );
    } else {
      this.buffer.push(word);
      this.rules.put(["a", "rule"], { level: this.buffer.length });
    }
  }

  snapshotState(context: FunctionSnapshotContext): void {
    this.saved.update(this.buffer);
    this.peers.update([`${this.getRuntimeContext().getIndexOfThisSubtask()}`]);
    this.log.push(`snapshot ${context.getCheckpointId()}`);
  }

  notifyCheckpointComplete(checkpointId: number): void {
    this.log.push(`complete ${checkpointId}`);
  }
}

function buffering(
  parallelism: number,
  options: HarnessOptions = {},
): Promise<OneInputHarness<string, string>> {
  return createHarness((words: DataStream<string>) => words.rebalance().process(new Buffering()), {
    ...options,
    parallelism,
  });
}

/** What every subtask says, in order. */
async function ask(
  harness: OneInputHarness<string, string>,
  parallelism: number,
): Promise<readonly string[]> {
  harness.clearOutput();
  for (let count = 0; count < parallelism; ++count) await harness.processElement("?");
  return [...harness.extractOutputValues()].sort();
}

async function snapshotOf(parallelism: number, words: readonly string[]): Promise<HarnessSnapshot> {
  const harness = await buffering(parallelism);
  for (const word of words) await harness.processElement(word);
  const snapshot = await harness.snapshot();
  await harness.close();
  return JSON.parse(JSON.stringify(snapshot)) as HarnessSnapshot;
}

test("state is there before open(), is part of snapshots, and they are told of", async () => {
  const harness = await buffering(1);
  await harness.processElement("a");
  const snapshot = await harness.snapshot();
  await harness.processElement("b");
  await harness.notifyOfCompletedCheckpoint();
  assert.deepEqual(await ask(harness, 1), [
    '"a" "b" | "0" | "a" "rule" {"level":2} | "new 0" "open" "snapshot 1" "complete 1"',
  ]);
  await harness.close();
  const restored = await buffering(1, { restore: snapshot });
  assert.deepEqual(await ask(restored, 1), [
    '"a" | "0" | "a" "rule" {"level":1} | "restored 0" "open"',
  ]);
  await restored.close();
});

test("lists are dealt out, union lists and broadcast maps are for all, at any parallelism", async () => {
  const three = await snapshotOf(3, ["a", "b", "c", "d"]);
  for (const parallelism of [1, 2, 3, 4]) {
    const harness = await buffering(parallelism, { restore: three });
    const parts = (await ask(harness, parallelism)).map((answer) => answer.split(" | "));
    const buffers = parts.map(([buffer = ""]) => buffer.split(" ").filter((word) => word !== ""));
    const words = buffers.flat().sort();
    assert.deepEqual(words, ['"a"', '"b"', '"c"', '"d"']);
    const sizes = buffers.map(({ length }) => length);
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `even: ${sizes}`);
    for (const [, peers, rules] of parts) {
      assert.equal(peers, '"0" "1" "2"');
      assert.match(rules ?? "", /^"a" "rule" \{"level":[12]\}$/);
    }
    await harness.close();
  }
});

test("a rich function of a stream without keys has state, too, and the hostile outbox changes nothing", async () => {
  class Numbering implements CheckpointedFunction {
    count = 0;
    state!: ListState<number>;

    initializeState(context: FunctionInitializationContext): void {
      this.state = context.getOperatorStateStore().getListState(new ListStateDescriptor("count"));
      this.count = this.state.get()[0] ?? 0;
    }

    snapshotState(): void {
      this.state.update([this.count]);
    }

    map(word: string): string {
      this.count += 1;
      return `${this.count} ${word}`;
    }
  }
  const numbering = (options: HarnessOptions) =>
    createHarness((words: DataStream<string>) => words.map(new Numbering()), options);
  const first = await numbering({});
  await first.processElement("a");
  const restore = await first.snapshot();
  await first.close();
  const second = await numbering({ restore, outbox: "hostile", seed: 3 });
  await second.processElement("b");
  await second.processElement("c");
  assert.deepEqual(second.extractOutputValues(), ["2 b", "3 c"]);
  await second.close();
});

test("a sink function has state, and no two subtasks have one object", async () => {
  const snapshots: string[][] = [];
  class Sink implements SinkFunction<string>, CheckpointedFunction {
    private buffer: string[] = [];
    private saved!: ListState<string>;

    initializeState(context: FunctionInitializationContext): void {
      this.saved = context.getOperatorStateStore().getListState(SAVED);
      this.buffer = [...this.saved.get()];
    }

    invoke(word: string): void {
      this.buffer.push(word);
    }

    snapshotState(): void {
      this.saved.update(this.buffer);
      snapshots.push([...this.buffer]);
    }
  }
  const sinking = (options: HarnessOptions) =>
    createHarness((words: DataStream<string>) => {
      words.rebalance().addSink(new Sink());
      return words;
    }, options);
  const first = await sinking({ parallelism: 2 });
  for (const word of ["a", "b", "c"]) await first.processElement(word);
  const restore = await first.snapshot();
  await first.close();
  const second = await sinking({ parallelism: 1, restore });
  await second.processElement("d");
  await second.snapshot();
  await second.close();
  const [one, other, merged] = snapshots;
  assert.deepEqual([...(one ?? []), ...(other ?? [])].sort(), ["a", "b", "c"]);
  assert.ok((one ?? []).length > 0 && (other ?? []).length > 0);
  assert.deepEqual(merged?.sort(), ["a", "b", "c", "d"]);
});

const failure =
  (code: string, message = /./) =>
  (error: unknown): boolean =>
    error instanceof EngineError && error.code === code && message.test(error.message);

/** A function that does as it is told where a CheckpointedFunction has its state. */
function behaving(
  initialize: (context: FunctionInitializationContext) => void,
  snapshot: () => unknown = () => undefined,
): Promise<OneInputHarness<string, string>> {
  const fn = {
    initializeState: initialize,
    snapshotState: () => snapshot() as undefined,
    map: (word: string) => word,
  };
  return createHarness((words: DataStream<string>) => words.map(fn));
}

test("one name is one kind of state, and values are plain", async () => {
  await assert.rejects(
    behaving((context) => {
      context.getOperatorStateStore().getListState(SAVED);
      context.getOperatorStateStore().getUnionListState(SAVED);
    }),
    failure("MR_STATE_KIND", /a list in one place and a union list in another/),
  );
  for (const [value, code] of [
    [null, "MR_STATE_NULL"],
    [() => 1, "MR_TYPE_UNSUPPORTED"],
  ] as const) {
    await assert.rejects(
      behaving((context) =>
        context
          .getOperatorStateStore()
          .getListState<unknown>(SAVED as never)
          .add(value),
      ),
      failure(code),
    );
  }
  await assert.rejects(
    behaving(
      (context) => void context.getKeyedStateStore().getState(new ValueStateDescriptor("n")),
    ),
    failure("MR_STATE_NOT_KEYED"),
  );
});

test("snapshotState() that throws or is async fails the snapshot by name", async () => {
  const throwing = await behaving(
    () => undefined,
    () => {
      throw new RangeError("broken");
    },
  );
  await assert.rejects(
    throwing.snapshot(),
    failure("MR_FUNCTION_THREW", /snapshotState\(\): broken/),
  );
  await throwing.close();
  const asynchronous = await behaving(
    () => undefined,
    () => Promise.resolve(),
  );
  await assert.rejects(asynchronous.snapshot(), failure("MR_FUNCTION_ASYNC"));
  await asynchronous.close();
});

test("half a CheckpointedFunction, one where there is no state, and one that cannot be copied are refused", async () => {
  const half = { initializeState: () => undefined, map: (word: string) => word };
  await assert.rejects(
    createHarness((words: DataStream<string>) => words.map(half)),
    failure("MR_FUNCTION_INVALID", /only initializeState\(\)/),
  );
  const reducing = {
    ...{ initializeState: () => undefined, snapshotState: () => undefined },
    reduce: (a: string, b: string) => a + b,
  };
  await assert.rejects(
    createHarness((words: DataStream<string>) => words.keyBy((word) => word).reduce(reducing)),
    failure("MR_FEATURE_UNSUPPORTED", /Keep the state in a process function/),
  );
  class Private implements CheckpointedFunction {
    #count = 0;
    initializeState(): void {
      this.#count = 0;
    }
    snapshotState(): void {}
    map(word: string): string {
      this.#count += 1;
      return `${word}${this.#count}`;
    }
  }
  const fn = new Private();
  const attempt = (parallelism: number) =>
    createHarness((words: DataStream<string>) => words.rebalance().map(fn), { parallelism });
  for (let attempts = 0; attempts < 2; ++attempts) {
    const alone = await attempt(1);
    await alone.processElement("a");
    assert.deepEqual(alone.extractOutputValues(), ["a1"]);
    await alone.close();
  }
  await assert.rejects(attempt(2), failure("MR_FEATURE_UNSUPPORTED", /#private/));
});
