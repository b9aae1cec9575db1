/** Barriers of checkpoints at the gate of a task, over channels that hold their events ready. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { BatchView } from "../../../../../dataplane/memory/batch-view.ts";
import type { CheckpointOptions } from "../../../../../dataplane/protocol/checkpoint.ts";
import { InputGate } from "../../../../../dataplane/worker/exchange/input-gate.ts";
import type { BarrierEvent, InputEvent } from "../../../../../dataplane/worker/stream-event.ts";

type Mode = CheckpointOptions["mode"];

class ReadyChannel {
  readonly events: InputEvent[];
  readonly isBroken = false;
  readonly batchBytes = 0;

  constructor(...events: readonly InputEvent[]) {
    this.events = [...events];
  }

  get hasFrames(): boolean {
    return this.events.length > 0;
  }

  read(): InputEvent | null {
    return this.events.shift() ?? null;
  }

  close(): void {}
}

const end: InputEvent = { kind: "end" };

function barrier(id: number, mode: Mode = "EXACTLY_ONCE"): BarrierEvent {
  const options = { mode, type: "checkpoint", stop: null } as const;
  return { kind: "barrier", checkpointId: BigInt(id), triggeredMs: 0n, options };
}

function row(name: string): InputEvent {
  return { kind: "data", view: name as unknown as BatchView };
}

function gateOf(...inputs: readonly (readonly ReadyChannel[])[]): InputGate {
  let nowMs = 0;
  return new InputGate(inputs, "task", () => nowMs++);
}

/** Names of rows, `#1` for a barrier; watermarks are left out. */
function drain(gate: InputGate): string[] {
  const texts: string[] = [];
  for (let event = gate.next(); event !== null; event = gate.next()) {
    if (event.kind === "data") texts.push(String(event.view));
    else if (event.kind === "barrier") texts.push(`#${event.checkpointId}`);
    else if (event.kind === "end") texts.push("end");
  }
  return texts;
}

test("a channel that has brought its barrier waits for the others", () => {
  const a = new ReadyChannel(barrier(1), row("a2"));
  const b = new ReadyChannel(row("b1"));
  const gate = gateOf([a, b]);
  assert.deepEqual(drain(gate), ["b1"]);
  assert.equal(gate.hasInput, false);
  b.events.push(row("b1"), barrier(1), row("b2"));
  assert.equal(gate.hasInput, true);
  assert.deepEqual(drain(gate), ["b1", "#1", "a2", "b2"]);
  assert.equal(gate.alignmentMs, 1);
});

test("barriers are aligned over both inputs", () => {
  const a = new ReadyChannel(barrier(1), row("a2"));
  const b = new ReadyChannel(barrier(1), row("b2"));
  const c = new ReadyChannel(row("c1"));
  const gate = gateOf([a, b], [c]);
  assert.deepEqual(drain(gate), ["c1"]);
  c.events.push(barrier(1));
  assert.deepEqual(drain(gate).slice(0, 1), ["#1"]);
});

test("a channel that ends counts as having brought every barrier", () => {
  const a = new ReadyChannel(barrier(1), row("a2"));
  const b = new ReadyChannel(row("b1"), end);
  const gate = gateOf([a, b]);
  assert.deepEqual(drain(gate), ["b1", "#1", "a2"]);
  a.events.push(barrier(2), row("a3"));
  assert.deepEqual(drain(gate), ["#2", "a3"]);
});

test("under AT_LEAST_ONCE nothing waits, and the barrier comes with the last", () => {
  const a = new ReadyChannel(barrier(1, "AT_LEAST_ONCE"), row("a2"), barrier(2, "AT_LEAST_ONCE"));
  const b = new ReadyChannel();
  const gate = gateOf([a, b]);
  assert.deepEqual(drain(gate), ["a2"]);
  b.events.push(barrier(1, "AT_LEAST_ONCE"), row("b2"), barrier(2, "AT_LEAST_ONCE"));
  assert.deepEqual(drain(gate), ["#1", "b2", "#2"]);
});

test("a newer barrier frees what an older one has blocked, and the older one never comes", () => {
  const a = new ReadyChannel(barrier(1), row("a2"), barrier(2), row("a3"));
  const b = new ReadyChannel(barrier(2), row("b3"));
  const gate = gateOf([a, b]);
  assert.deepEqual(drain(gate), ["a2", "#2", "b3", "a3"]);
});

test("a checkpoint that is given up frees what it has blocked, whichever comes first", () => {
  const a = new ReadyChannel(barrier(1), row("a2"));
  const b = new ReadyChannel();
  const gate = gateOf([a, b]);
  assert.deepEqual(drain(gate), []);
  gate.abort(1n);
  assert.equal(gate.hasInput, true);
  assert.deepEqual(drain(gate), ["a2"]);
  b.events.push(barrier(1), row("b2"));
  assert.deepEqual(drain(gate), ["b2"]);
  gate.abort(2n);
  a.events.push(barrier(2), row("a3"), barrier(3));
  b.events.push(barrier(3));
  assert.deepEqual(drain(gate), ["a3", "#3"]);
});

test("where all channels have ended, an announced barrier comes in front of the end, and behind it", () => {
  const gate = gateOf([new ReadyChannel(row("a1"), end)]);
  gate.announce(barrier(1));
  assert.deepEqual(drain(gate), ["a1", "#1", "end"]);
  assert.equal(gate.hasInput, false);
  gate.announce(barrier(2));
  assert.equal(gate.hasInput, true);
  assert.deepEqual(drain(gate), ["#2"]);
  gate.announce(barrier(2));
  gate.announce(barrier(3));
  gate.abort(3n);
  assert.equal(gate.hasInput, false);
});

test("a savepoint that is announced before the checkpoint was taken comes behind it", () => {
  const gate = gateOf([new ReadyChannel(end)]);
  gate.announce(barrier(1));
  gate.announce(barrier(2));
  assert.deepEqual(drain(gate), ["#1", "#2", "end"]);
});

test("an announced barrier that came by a channel does not come again", () => {
  const gate = gateOf([new ReadyChannel(barrier(1), end)]);
  gate.announce(barrier(1));
  assert.deepEqual(drain(gate), ["#1", "end"]);
});

/** What one channel brings: stretches of rows between the barriers 1, 2, ...; it ends behind some stretch. */
const stretches = fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 5 });

test("whatever the channels bring, the rows between two barriers are those between theirs", () => {
  fc.assert(
    fc.property(fc.array(stretches, { minLength: 1, maxLength: 4 }), (channels) => {
      const ready = channels.map(
        (lengths, channel) => new ReadyChannel(...eventsOf(lengths, channel)),
      );
      const given = drain(gateOf(ready));
      const checkpoints = Math.max(...channels.map(({ length }) => length)) - 1;
      const expected = Array.from({ length: checkpoints + 1 }, (_, stretch) =>
        channels
          .flatMap((lengths, channel) => namesOf(lengths[stretch] ?? 0, channel, stretch))
          .sort(),
      );
      assert.equal(given.pop(), "end");
      const actual: string[][] = [[]];
      for (const text of given) {
        if (!text.startsWith("#")) actual.at(-1)?.push(text);
        else {
          assert.equal(text, `#${actual.length}`);
          actual.push([]);
        }
      }
      assert.deepEqual(
        actual.map((names) => names.sort()),
        expected,
      );
    }),
    { seed: 7, numRuns: 500 },
  );
});

function eventsOf(lengths: readonly number[], channel: number): InputEvent[] {
  const events = lengths.flatMap((length, stretch) => [
    ...(stretch === 0 ? [] : [barrier(stretch)]),
    ...namesOf(length, channel, stretch).map(row),
  ]);
  return [...events, end];
}

function namesOf(length: number, channel: number, stretch: number): string[] {
  return Array.from({ length }, (_, index) => `c${channel}s${stretch}r${index}`);
}
