/** The gate of a task with two inputs, over channels that hold their events ready. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { BatchView } from "../../../../../dataplane/memory/batch-view.ts";
import { EngineError } from "../../../../../dataplane/protocol/errors.ts";
import { InputGate } from "../../../../../dataplane/worker/exchange/input-gate.ts";
import { type InputEvent, MAX_WATERMARK } from "../../../../../dataplane/worker/stream-event.ts";

class ReadyChannel {
  readonly events: InputEvent[];
  batchBytes = 0;
  isClosed = false;
  isGone = false;

  constructor(...events: readonly InputEvent[]) {
    this.events = [...events];
  }

  get hasFrames(): boolean {
    return this.events.length > 0;
  }

  get isBroken(): boolean {
    return this.isGone && this.events.length === 0;
  }

  read(): InputEvent | null {
    return this.events.shift() ?? null;
  }

  close(): void {
    this.isClosed = true;
  }
}

/** A batch, told from others by its name. */
function batch(name: string): InputEvent {
  return { kind: "data", view: name as unknown as BatchView };
}

const watermark = (watermarkMs: bigint): InputEvent => ({ kind: "watermark", watermarkMs });
const end: InputEvent = { kind: "end" };

/** `1:a` for a batch of the second input, `W5`, `idle`, `end`. */
function drain(gate: InputGate): string[] {
  const texts: string[] = [];
  for (let event = gate.next(); event !== null; event = gate.next()) {
    if (event.kind === "data") texts.push(`${event.which ?? 0}:${String(event.view)}`);
    else if (event.kind === "watermark") texts.push(`W${event.watermarkMs}`);
    else if (event.kind === "status") texts.push(event.status);
    else texts.push(event.kind);
  }
  return texts;
}

test("two inputs are read in turn, however many channels each has", () => {
  const first = ["a", "b", "c"].map((name) => new ReadyChannel(batch(name), batch(`${name}2`)));
  const second = new ReadyChannel(batch("x"), batch("y"), batch("z"));
  const gate = new InputGate([first, [second]], "join", () => 0);
  const texts = drain(gate);
  assert.deepEqual(
    texts.slice(0, 6).map((text) => text[0]),
    ["1", "0", "1", "0", "1", "0"],
  );
  const ofFirst = texts.flatMap((text) => (text.startsWith("0:") ? [text.slice(2)] : []));
  assert.deepEqual(ofFirst, ["b", "c", "a", "b2", "c2", "a2"]);
  assert.deepEqual([...texts].sort().slice(-3), ["1:x", "1:y", "1:z"]);
});

test("watermarks are the minimum over the channels of each input, and then over the inputs", () => {
  const [a, b, c] = [new ReadyChannel(), new ReadyChannel(), new ReadyChannel()];
  const gate = new InputGate([[a, b], [c]], "join", () => 0);
  a.events.push(watermark(10n));
  c.events.push(watermark(7n));
  assert.deepEqual(drain(gate), []);
  b.events.push(watermark(5n));
  assert.deepEqual(drain(gate), ["W5"]);
  b.events.push(watermark(20n));
  assert.deepEqual(drain(gate), ["W7"]);
  c.events.push({ kind: "status", status: "idle" });
  assert.deepEqual(drain(gate), ["W10"]);
  for (const channel of [a, b]) channel.events.push({ kind: "status", status: "idle" });
  assert.deepEqual(drain(gate), ["W20", "idle"]);
});

test("an input that has ended holds no watermark back; the end comes when both have", () => {
  const [a, b] = [new ReadyChannel(watermark(3n), end), new ReadyChannel(watermark(1n))];
  const gate = new InputGate([[a], [b]], "join", () => 0);
  assert.deepEqual(drain(gate), ["W1"]);
  b.events.push(watermark(8n), batch("x"));
  assert.deepEqual(drain(gate), ["W8", "1:x"]);
  assert.equal(gate.hasInput, false);
  b.events.push(end);
  assert.equal(gate.hasInput, true);
  assert.deepEqual(drain(gate), [`W${MAX_WATERMARK}`, "end"]);
});

test("an input without channels has ended", () => {
  assert.deepEqual(drain(new InputGate([[]], "map", () => 0)), [`W${MAX_WATERMARK}`, "end"]);
  const gate = new InputGate([[], [new ReadyChannel(watermark(4n), end)]], "join", () => 0);
  assert.deepEqual(drain(gate), ["W4", `W${MAX_WATERMARK}`, "end"]);
});

test("a producer that is gone without an end fails the task, after what it had sent", () => {
  const channel = new ReadyChannel(batch("a"));
  channel.isGone = true;
  const gate = new InputGate([[new ReadyChannel()], [channel]], "join", () => 0);
  assert.deepEqual(gate.next(), { kind: "data", view: "a", which: 1 });
  assert.throws(
    () => gate.next(),
    (error) => error instanceof EngineError && error.code === "MR_UPSTREAM_FAILED",
  );
  gate.close();
  assert.ok(channel.isClosed);
});
