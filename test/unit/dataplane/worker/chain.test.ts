import assert from "node:assert/strict";
import { test } from "node:test";
import type { BatchBuilder } from "../../../../dataplane/memory/batch-builder.ts";
import type { BatchView } from "../../../../dataplane/memory/batch-view.ts";
import type { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import {
  STATUS_DONE,
  STATUS_NEED_HOST,
  STATUS_OUTPUT_FULL,
} from "../../../../dataplane/protocol/status.ts";
import { Chain } from "../../../../dataplane/worker/chain.ts";
import type { ChainTarget } from "../../../../dataplane/worker/chain-step.ts";
import type {
  ChainNode,
  Cursor,
  OutputRef,
  Segment,
} from "../../../../dataplane/worker/segment.ts";
import type { ControlEvent } from "../../../../dataplane/worker/stream-event.ts";
import { createMemory } from "../../../oracle/kernel-memory.ts";
import { readInts, TinyOutput, TinySegment } from "./tiny-segments.ts";

const WATERMARK = { kind: "watermark", watermarkMs: 42n } as const;
const END = { kind: "end" } as const;

/** Writes what happens to it into a log shared by a test. */
class Recorder implements ChainTarget {
  readonly #name: string;
  readonly #log: unknown[];
  /** Answers "no room" so many times before each write. */
  refusals = 0;
  #refused = 0;

  constructor(name: string, log: unknown[]) {
    this.#name = name;
    this.#log = log;
  }

  write(batch: BatchBuilder): boolean {
    return this.#take(`${this.#name} ${readInts(batch).join(",")}`);
  }

  writeControl(event: ControlEvent): boolean {
    return this.#take(`${this.#name} ${event.kind}`);
  }

  #take(text: string): boolean {
    if (this.#refused < this.refusals) {
      this.#refused += 1;
      return false;
    }
    this.#refused = 0;
    this.#log.push(text);
    return true;
  }
}

interface Script {
  readonly memory: TaskMemory;
  readonly id: string;
  readonly log?: unknown[];
  readonly rows?: number;
  readonly outputCount?: number;
  /** Fills outputs for one call at a value; answers a status. */
  call?(value: number, cursor: Cursor, outputs: readonly TinyOutput[]): number;
  /** Fills outputs at a watermark or the end. */
  control?(kind: string, cursor: Cursor, outputs: readonly TinyOutput[]): number;
  hostWork?(): Promise<void>;
}

/** A segment whose behaviour a test writes down. */
class Scripted extends TinySegment {
  readonly outputs: readonly TinyOutput[];
  readonly #script: Script;

  constructor(script: Script) {
    super();
    this.#script = script;
    const { memory, id, rows = 4, outputCount = 1 } = script;
    this.outputs = Array.from(
      { length: outputCount },
      (_, index) => new TinyOutput(memory, id, rows, index),
    );
  }

  process(input: BatchView, cursor: Cursor): number {
    const values = readInts(input);
    const { id, log, call } = this.#script;
    log?.push(`${id} called with ${values.join(",")} at ${cursor.row}.${cursor.step}`);
    for (; cursor.row < values.length; cursor.row++) {
      const value = values[cursor.row] as number;
      const status =
        call === undefined ? pass(value, this.outputs) : call(value, cursor, this.outputs);
      if (status !== STATUS_DONE) return status;
    }
    return STATUS_DONE;
  }

  override watermark(_: bigint, cursor: Cursor): number {
    return this.#control("watermark", cursor);
  }

  override endOfInput(cursor: Cursor): number {
    return this.#control("end", cursor);
  }

  override hostWork(): Promise<void> {
    return this.#script.hostWork?.() ?? Promise.resolve();
  }

  #control(kind: string, cursor: Cursor): number {
    this.#script.log?.push(`${this.#script.id} ${kind} at ${cursor.row}.${cursor.step}`);
    return this.#script.control?.(kind, cursor, this.outputs) ?? STATUS_DONE;
  }
}

function pass(value: number, [output]: readonly TinyOutput[]): number {
  if (output === undefined) return STATUS_DONE;
  if (output.isFull) return STATUS_OUTPUT_FULL;
  output.push(value);
  return STATUS_DONE;
}

function input(memory: TaskMemory, ...values: readonly number[]): BatchView {
  const output = new TinyOutput(memory, "input", 64);
  for (const value of values) output.push(value);
  return output.builder;
}

function node(segment: Segment, from: string | null, output = 0): ChainNode {
  return { segment, input: from === null ? null : { operatorId: from, output } };
}

function exit(
  operatorId: string,
  target: ChainTarget,
  output = 0,
): OutputRef & { target: ChainTarget } {
  return { operatorId, output, target };
}

const EXACTLY_ONCE = { mode: "EXACTLY_ONCE", type: "checkpoint", stop: null } as const;
const deaf = { wake: () => undefined, sourceRows: () => undefined };

test("rows go all the way down before a segment is called again, and outputs are emptied in between", () => {
  const { memory } = createMemory();
  const log: unknown[] = [];
  const chain = new Chain(
    [
      node(new Scripted({ memory, id: "a", log, rows: 2 }), null),
      node(new Scripted({ memory, id: "b", log, rows: 1 }), "a"),
    ],
    [exit("b", new Recorder("out", log))],
    deaf,
  );
  chain.begin({ kind: "data", view: input(memory, 1, 2, 3) });
  assert.equal(chain.advance(), "done");
  assert.deepEqual(log, [
    "a called with 1,2,3 at 0.0",
    "b called with 1,2 at 0.0",
    "out 1",
    "b called with 1,2 at 1.0",
    "out 2",
    "a called with 1,2,3 at 2.0",
    "b called with 3 at 0.0",
    "out 3",
  ]);
  assert.equal(chain.isBusy, false);
});

test("an output with several readers hands the same rows to each, in order", () => {
  const { memory } = createMemory();
  const log: unknown[] = [];
  const chain = new Chain(
    [
      node(new Scripted({ memory, id: "a" }), null),
      node(new Scripted({ memory, id: "b", log, outputCount: 0 }), "a"),
      node(new Scripted({ memory, id: "c", log, outputCount: 0 }), "a"),
    ],
    [exit("a", new Recorder("out 1", log)), exit("a", new Recorder("out 2", log))],
    deaf,
  );
  chain.begin({ kind: "data", view: input(memory, 7, 8) });
  chain.advance();
  assert.deepEqual(log, [
    "out 1 7,8",
    "out 2 7,8",
    "b called with 7,8 at 0.0",
    "c called with 7,8 at 0.0",
  ]);
});

test("numbered outputs go to those who read that output", () => {
  const { memory } = createMemory();
  const log: unknown[] = [];
  const chain = new Chain(
    [
      node(
        new Scripted({
          memory,
          id: "a",
          outputCount: 2,
          call: (value, _, outputs) => {
            outputs[value % 2]?.push(value);
            return STATUS_DONE;
          },
        }),
        null,
      ),
      node(new Scripted({ memory, id: "late", log, outputCount: 0 }), "a", 1),
    ],
    [exit("a", new Recorder("main", log))],
    deaf,
  );
  chain.begin({ kind: "data", view: input(memory, 1, 2, 3, 4) });
  chain.advance();
  chain.begin(WATERMARK);
  chain.advance();
  assert.deepEqual(log, [
    "main 2,4",
    "late called with 1,3 at 0.0",
    "main watermark",
    "late watermark at 0.0",
  ]);
});

test("a watermark is forwarded behind the rows it makes a segment emit, page by page", () => {
  const { memory } = createMemory();
  const log: unknown[] = [];
  const chain = new Chain(
    [
      node(
        new Scripted({
          memory,
          id: "a",
          log,
          rows: 2,
          control: (_, cursor, [output]) => {
            for (; cursor.row < 3; cursor.row++) {
              if (output?.isFull) return STATUS_OUTPUT_FULL;
              output?.push(100 + cursor.row);
            }
            return STATUS_DONE;
          },
        }),
        null,
      ),
      node(new Scripted({ memory, id: "b", log }), "a"),
    ],
    [exit("b", new Recorder("out", log))],
    deaf,
  );
  chain.begin(WATERMARK);
  assert.equal(chain.advance(), "done");
  assert.deepEqual(log, [
    "a watermark at 0.0",
    "b called with 100,101 at 0.0",
    "out 100,101",
    "a watermark at 2.0",
    "b called with 102 at 0.0",
    "out 102",
    "b watermark at 0.0",
    "out watermark",
  ]);
});

test("status, barrier and end reach the targets, and each event starts with a fresh cursor", () => {
  const { memory } = createMemory();
  const log: unknown[] = [];
  const segment = new Scripted({
    memory,
    id: "a",
    log,
    control: (_, cursor) => {
      cursor.row = 9;
      cursor.step = 9;
      return STATUS_DONE;
    },
  });
  const chain = new Chain([node(segment, null)], [exit("a", new Recorder("out", log))], deaf);
  for (const event of [
    WATERMARK,
    { kind: "status", status: "idle" } as const,
    { kind: "barrier", checkpointId: 1n, triggeredMs: 2n, options: EXACTLY_ONCE } as const,
    END,
  ]) {
    chain.begin(event);
    assert.equal(chain.advance(), "done");
  }
  assert.deepEqual(log, [
    "a watermark at 0.0",
    "out watermark",
    "out status",
    "out barrier",
    "a end at 0.0",
    "out end",
  ]);
});

test("a blocked target is asked again, and nothing that was done before is done twice", () => {
  const { memory } = createMemory();
  const log: unknown[] = [];
  const slow = new Recorder("slow", log);
  slow.refusals = 2;
  const chain = new Chain(
    [
      node(new Scripted({ memory, id: "a", log }), null),
      node(new Scripted({ memory, id: "b", log }), "a"),
    ],
    [exit("a", new Recorder("fast", log)), exit("a", slow), exit("b", new Recorder("end", log))],
    deaf,
  );
  chain.begin({ kind: "data", view: input(memory, 5) });
  assert.deepEqual(
    [chain.advance(), chain.advance(), chain.advance()],
    ["blocked", "blocked", "done"],
  );
  chain.begin(WATERMARK);
  assert.deepEqual(
    [chain.advance(), chain.advance(), chain.advance()],
    ["blocked", "blocked", "done"],
  );
  assert.deepEqual(log, [
    "a called with 5 at 0.0",
    "fast 5",
    "slow 5",
    "b called with 5 at 0.0",
    "end 5",
    "a watermark at 0.0",
    "fast watermark",
    "slow watermark",
    "b watermark at 0.0",
    "end watermark",
  ]);
});

test("a record that becomes very many yields after a bounded number of calls", () => {
  const { memory } = createMemory();
  const log: unknown[] = [];
  const out = new Recorder("out", log);
  const segment = new Scripted({
    memory,
    id: "a",
    rows: 1,
    call: (value, cursor, outputs) => {
      for (; cursor.step < 1000; cursor.step++) {
        if (pass(value, outputs) !== STATUS_DONE) return STATUS_OUTPUT_FULL;
      }
      return STATUS_DONE;
    },
  });
  const chain = new Chain([node(segment, null)], [exit("a", out)], deaf);
  chain.begin({ kind: "data", view: input(memory, 3) });
  let yields = 0;
  while (chain.advance() === "yield") {
    yields += 1;
    assert.ok(log.length <= yields * 8);
  }
  assert.equal(log.length, 1000);
  assert.ok(yields >= 1000 / 8 - 1);
});

test("rows written before a wait for the host are shipped first, and the wait ends with a wake-up", async () => {
  const { memory } = createMemory();
  const log: unknown[] = [];
  let settle = (): void => undefined;
  let isReady = false;
  let wakes = 0;
  const segment = new Scripted({
    memory,
    id: "a",
    log,
    call: (value, _, outputs) => {
      if (value === 2 && !isReady) return STATUS_NEED_HOST;
      return pass(value, outputs);
    },
    hostWork: () =>
      new Promise<void>((resolve) => {
        settle = resolve;
      }),
  });
  const chain = new Chain([node(segment, null)], [exit("a", new Recorder("out", log))], {
    ...deaf,
    wake: () => {
      wakes += 1;
    },
  });
  chain.begin({ kind: "data", view: input(memory, 1, 2, 3) });
  assert.equal(chain.advance(), "waiting");
  assert.equal(chain.advance(), "waiting");
  assert.equal(chain.isWaiting, true);
  isReady = true;
  settle();
  await Promise.resolve();
  assert.equal(wakes, 1);
  assert.equal(chain.isWaiting, false);
  assert.equal(chain.advance(), "done");
  assert.deepEqual(log, [
    "a called with 1,2,3 at 0.0",
    "out 1",
    "a called with 1,2,3 at 1.0",
    "out 2,3",
  ]);
});

test("what the host fails at is thrown by the next advance", async () => {
  const { memory } = createMemory();
  const segment = new Scripted({
    memory,
    id: "a",
    call: () => STATUS_NEED_HOST,
    hostWork: () => Promise.reject(new RangeError("disk full")),
  });
  const chain = new Chain([node(segment, null)], [], deaf);
  chain.begin({ kind: "data", view: input(memory, 1) });
  assert.equal(chain.advance(), "waiting");
  await Promise.resolve();
  assert.equal(chain.isWaiting, false);
  assert.throws(() => chain.advance(), RangeError);
});

test("a source is polled, its rows are counted, and its answer is kept", () => {
  const { memory } = createMemory();
  const log: unknown[] = [];
  let counted = 0;
  const source = Object.assign(new Scripted({ memory, id: "s" }), {
    poll(): number {
      source.outputs[0]?.push(1);
      source.outputs[0]?.push(2);
      return STATUS_NEED_HOST;
    },
  });
  const chain = new Chain([node(source, null)], [exit("s", new Recorder("out", log))], {
    ...deaf,
    sourceRows: (rows) => {
      counted += rows;
    },
  });
  chain.beginPoll();
  assert.equal(chain.advance(), "done");
  assert.equal(chain.pollStatus, STATUS_NEED_HOST);
  assert.deepEqual([log, counted], [["out 1,2"], 2]);
});

test("outputs without readers are emptied too", () => {
  const { memory } = createMemory();
  const segment = new Scripted({ memory, id: "a", rows: 1 });
  const chain = new Chain([node(segment, null)], [], deaf);
  chain.begin({ kind: "data", view: input(memory, 1, 2, 3) });
  assert.equal(chain.advance(), "done");
  assert.equal(segment.outputs[0]?.builder.rowCount, 0);
});

test("a description that names an output nobody has is refused, as is a status nobody knows", () => {
  const { memory } = createMemory();
  const a = node(new Scripted({ memory, id: "a" }), null);
  const out = new Recorder("out", []);
  assert.throws(() => new Chain([a], [exit("b", out)], deaf), /no output 0 of operator b/);
  assert.throws(
    () => new Chain([a, node(new Scripted({ memory, id: "c" }), "a", 3)], [], deaf),
    TypeError,
  );
  assert.throws(() => new Chain([], [], deaf), TypeError);
  const odd = new Chain([node(new Scripted({ memory, id: "a", call: () => 77 }), null)], [], deaf);
  odd.begin({ kind: "data", view: input(memory, 1) });
  assert.throws(() => odd.advance(), /status 77/);
});
