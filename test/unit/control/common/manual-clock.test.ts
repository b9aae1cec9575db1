import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../../../control/common/manual-clock.ts";

test("alarms ring in the order of their times, those of one time as they were set, at their times", () => {
  const clock = new ManualClock(1_000);
  const log: string[] = [];
  const ring = (name: string) => () => log.push(`${name}@${clock.now()}`);
  clock.after(20, ring("late"));
  clock.after(10, ring("a"));
  clock.after(10, ring("b"));
  clock.after(10, () => clock.after(5, ring("nested")));
  clock.after(15, ring("taken back"))();
  clock.advance(19);
  assert.deepEqual(log, ["a@1010", "b@1010", "nested@1015"]);
  assert.equal(clock.now(), 1_019);
  clock.setTime(1_020);
  assert.deepEqual(log.at(-1), "late@1020");
});

test("every() rings again and again until it is stopped", () => {
  const clock = new ManualClock();
  const times: number[] = [];
  const stop = clock.every(10, () => times.push(clock.now()));
  clock.advance(35);
  stop();
  clock.advance(100);
  assert.deepEqual(times, [10, 20, 30]);
});

test("atMost() is settled by the clock or by the work", async () => {
  const clock = new ManualClock();
  const waiting = clock.atMost(new Promise<void>(() => undefined), 10);
  clock.advance(10);
  await waiting;
  await clock.atMost(Promise.resolve(), 10);
  await assert.rejects(clock.atMost(Promise.reject(new Error("work")), 10), /work/);
});

test("whoever listens is told of every move, until it stops", () => {
  const clock = new ManualClock();
  const moves: number[] = [];
  const stop = clock.onMove(() => moves.push(clock.now()));
  clock.advance(3);
  clock.setTime(3);
  stop();
  clock.advance(1);
  assert.deepEqual(moves, [3, 3]);
});
