import assert from "node:assert/strict";
import { test } from "node:test";
import type { BatchBuilder } from "../../../../dataplane/memory/batch-builder.ts";
import type { BatchView } from "../../../../dataplane/memory/batch-view.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../../../dataplane/protocol/status.ts";
import { Chain } from "../../../../dataplane/worker/chain.ts";
import type { ChainTarget } from "../../../../dataplane/worker/chain-step.ts";
import type { Cursor, Segment } from "../../../../dataplane/worker/segment.ts";
import type { ControlEvent } from "../../../../dataplane/worker/stream-event.ts";
import { createMemory } from "../../../oracle/kernel-memory.ts";
import { Listener, readInts, TinyOutput, TinySegment } from "./tiny-segments.ts";

type Event = Exclude<ControlEvent, { kind: "barrier" }>;

const watermark = (watermarkMs: bigint): Event => ({ kind: "watermark", watermarkMs });
const IDLE: Event = { kind: "status", status: "idle" };
const END: Event = { kind: "end" };

function text(event: ControlEvent): string {
  if (event.kind === "watermark") return `watermark ${event.watermarkMs}`;
  return event.kind === "status" ? event.status : event.kind;
}

/** Writes what it is given into a log; refuses each once. */
class Slow implements ChainTarget {
  readonly log: string[] = [];
  #hasRefused = false;

  write(batch: BatchBuilder): boolean {
    return this.#take(readInts(batch).join(","));
  }

  writeControl(event: ControlEvent): boolean {
    return this.#take(text(event));
  }

  #take(entry: string): boolean {
    this.#hasRefused = !this.#hasRefused;
    if (this.#hasRefused) return false;
    this.log.push(entry);
    return true;
  }
}

/** Passes rows on; behind a row 10 * n it puts out idle and watermark n. */
class Punctuated extends TinySegment {
  readonly outputs: readonly TinyOutput[];
  readonly keeps: NonNullable<Segment["keeps"]>;
  readonly heard: bigint[] = [];
  readonly #own: ControlEvent[] = [];

  constructor(output: TinyOutput, keeps: readonly ControlEvent["kind"][]) {
    super();
    this.outputs = [output];
    this.keeps = new Set(keeps);
  }

  process(input: BatchView, cursor: Cursor): number {
    const values = readInts(input);
    while (cursor.row < values.length) {
      const value = values[cursor.row++] as number;
      this.outputs[0]?.push(value);
      if (value % 10 !== 0) continue;
      this.#own.push(IDLE, watermark(BigInt(value / 10)));
      return STATUS_OUTPUT_FULL;
    }
    return STATUS_DONE;
  }

  override watermark(watermarkMs: bigint): number {
    this.heard.push(watermarkMs);
    return STATUS_DONE;
  }

  takeControl(): ControlEvent | null {
    return this.#own.shift() ?? null;
  }
}

function run(chain: Chain): void {
  for (let turns = 0; chain.advance() !== "done"; turns++) assert.ok(turns < 100, "it goes on");
}

function chainOf(keeps: readonly ControlEvent["kind"][]) {
  const { memory } = createMemory();
  const segment = new Punctuated(new TinyOutput(memory, "a", 16), keeps);
  const below = new Listener([]);
  const target = new Slow();
  const chain = new Chain(
    [
      { segment, input: null },
      { segment: below, input: { operatorId: "a", output: 0 } },
    ],
    [{ operatorId: "a", output: 0, target }],
    { wake: () => undefined, sourceRows: () => undefined },
  );
  const input = new TinyOutput(memory, "input", 64);
  return { chain, segment, below, target, input };
}

test("a segment's own events go out between its rows, to all who read it, also where one has no room", () => {
  const { chain, below, target, input } = chainOf([]);
  for (const value of [1, 10, 2, 20]) input.push(value);
  chain.begin({ kind: "data", view: input.builder });
  run(chain);
  assert.deepEqual(target.log, ["1,10", "idle", "watermark 1", "2,20", "idle", "watermark 2"]);
  assert.deepEqual(below.heard, [1, 10, { watermark: 1n }, 2, 20, { watermark: 2n }]);
});

test("events that a segment keeps end there, all others go on", () => {
  const { chain, segment, below, target } = chainOf(["watermark", "status"]);
  for (const event of [watermark(7n), IDLE, END]) {
    chain.begin(event);
    run(chain);
  }
  assert.deepEqual(segment.heard, [7n], "it is told");
  assert.deepEqual(target.log, ["end"]);
  assert.deepEqual(below.heard, ["end"]);
});
