import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../../../control/common/manual-clock.ts";
import { Doorbell } from "../../../../dataplane/worker/exchange/doorbell.ts";
import { runMailboxLoop, type Steppable } from "../../../../dataplane/worker/mailbox-loop.ts";
import {
  DoorbellSleeper,
  LocalSleeper,
  type Sleeper,
} from "../../../../dataplane/worker/sleeper.ts";
import { settle, workloadOf } from "./stepped-job.ts";

/** Has a number of things to do; steps are written to a log. */
class Worker implements Steppable {
  isEnded = false;
  work: number;
  due = Number.POSITIVE_INFINITY;
  asked = 0;
  onAsk: () => void = () => undefined;
  onStep: () => void = () => undefined;
  nowMs: () => number = () => 0;
  readonly #name: string;
  readonly #log: string[];

  constructor(name: string, work: number, log: string[]) {
    this.#name = name;
    this.work = work;
    this.#log = log;
  }

  dueAt(): number {
    return this.due;
  }

  canAdvance(nowMs: number): boolean {
    return this.work > 0 || this.due <= nowMs;
  }

  askToBeWoken(): void {
    this.asked += 1;
    this.onAsk();
  }

  step(): void {
    if (this.due <= this.nowMs() && this.work === 0) {
      this.due = Number.POSITIVE_INFINITY;
      this.#log.push(`${this.#name} due`);
    }
    if (this.work === 0) return;
    this.#log.push(this.#name);
    this.work -= 1;
    this.onStep();
  }
}

test("each has its turn, and the event loop has one after every round", async () => {
  const log: string[] = [];
  const clock = new ManualClock();
  const a = new Worker("a", 3, log);
  const b = new Worker("b", 2, log);
  // Every step takes longer than a slice.
  a.onStep = () => clock.advance(1);
  b.onStep = () => clock.advance(1);
  setImmediate(() => log.push("event"));
  const sleeper = new LocalSleeper(clock);
  const ended = runMailboxLoop(workloadOf(a, b), sleeper, clock);
  await settle();
  a.isEnded = true;
  b.isEnded = true;
  sleeper.wake();
  await ended;
  assert.deepEqual(log.slice(0, 3), ["a", "b", "event"]);
  assert.deepEqual(log.slice(3), ["a", "b", "a"]);
});

test("steps that are short go on until the slice is over or the work is", async () => {
  const log: string[] = [];
  const clock = new ManualClock();
  const a = new Worker("a", 20, log);
  const b = new Worker("b", 2, log);
  a.onStep = () => clock.advance(0.1);
  const sleeper = new LocalSleeper(clock);
  const ended = runMailboxLoop(workloadOf(a, b), sleeper, clock);
  await settle();
  a.isEnded = true;
  b.isEnded = true;
  sleeper.wake();
  await ended;
  const firstOfB = log.indexOf("b");
  assert.ok(firstOfB > 1 && firstOfB < 10, log.join(" "));
  assert.deepEqual(log.slice(firstOfB, firstOfB + 3), ["b", "b", "a"]);
});

test("one that has ended is not stepped any more", async () => {
  const log: string[] = [];
  const clock = new ManualClock();
  const a = new Worker("a", 5, log);
  a.isEnded = true;
  await runMailboxLoop(workloadOf(a), new LocalSleeper(clock), clock);
  assert.deepEqual(log, []);
});

const sleepers: Readonly<Record<string, (clock: ManualClock) => Sleeper>> = {
  local: (clock) => new LocalSleeper(clock),
  doorbell: () => new DoorbellSleeper(new Doorbell(new SharedArrayBuffer(64), 0)),
};

for (const [name, create] of Object.entries(sleepers)) {
  test(`${name}: sleeps without work and goes on when it is woken`, async () => {
    const log: string[] = [];
    const clock = new ManualClock();
    const sleeper = create(clock);
    const a = new Worker("a", 1, log);
    const ended = runMailboxLoop(workloadOf(a), sleeper, {
      now: () => 0,
      monotonic: () => performance.now(),
    });
    while (a.asked === 0) await settle();
    assert.deepEqual(log, ["a"]);
    a.work = 1;
    sleeper.wake();
    while (log.length < 2) await settle();
    a.isEnded = true;
    sleeper.wake();
    await ended;
  });

  test(`${name}: work that appears while it gets ready to sleep is not slept over`, async () => {
    const log: string[] = [];
    const clock = new ManualClock();
    const sleeper = create(clock);
    const a = new Worker("a", 1, log);
    a.onAsk = () => {
      if (log.length < 5) a.work = 1;
      else a.isEnded = true;
      sleeper.wake();
    };
    await runMailboxLoop(workloadOf(a), sleeper, {
      now: () => 0,
      monotonic: () => performance.now(),
    });
    assert.equal(log.length, 5);
  });
}

test("it wakes by itself when something is due", async () => {
  const log: string[] = [];
  const clock = new ManualClock();
  const sleeper = new LocalSleeper(clock);
  const a = new Worker("a", 0, log);
  a.due = 50;
  a.nowMs = () => clock.monotonic();
  const ended = runMailboxLoop(workloadOf(a), sleeper, clock);
  await settle();
  assert.deepEqual(log, []);
  clock.advance(49);
  await settle();
  assert.deepEqual(log, []);
  clock.advance(1);
  await settle();
  assert.deepEqual(log, ["a due"]);
  a.isEnded = true;
  sleeper.wake();
  await ended;
});

test("it looks again after a second at the latest, so that counters stay fresh", async () => {
  const clock = new ManualClock();
  const sleeper = new LocalSleeper(clock);
  const a = new Worker("a", 0, []);
  const ended = runMailboxLoop(workloadOf(a), sleeper, clock);
  await settle();
  assert.equal(a.asked, 1);
  clock.advance(1000);
  await settle();
  assert.equal(a.asked, 2);
  a.isEnded = true;
  sleeper.wake();
  await ended;
});
