/** Cases of async I/O beside the recorded ones, by the rules of Flink's AsyncWaitOperator. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type AsyncDescription, asyncWait } from "./kinds/async.ts";
import { operatorCase } from "./operator.ts";
import type { InputEvent, OutputElement, VectorCase } from "./vectors.ts";

const kind = operatorCase(asyncWait);

interface Case {
  readonly operator: Partial<AsyncDescription>;
  readonly input: readonly InputEvent[];
  readonly output?: readonly OutputElement[];
  readonly error?: VectorCase["error"];
}

function check(name: string, { operator, input, output = [], error }: Case): void {
  const description = { ordered: true, timeout: 1000, capacity: 10, ...operator, kind: "async" };
  test(name, async () => {
    const vector: VectorCase = {
      name,
      about: name,
      operator: description,
      types: ["STRING"],
      outputTypes: ["STRING", "STRING"],
      input,
      output,
      ...(error === undefined ? {} : { error }),
    };
    assert.equal(await kind.run(vector, "js", () => {}), null);
  });
}

const record = (id: string, ts: number): InputEvent => ({ record: [id], ts });
const complete = (id: string, ...results: string[]): InputEvent => ({ complete: id, results });
const out = (id: string, result: string, ts: number, at: number): OutputElement => ({
  record: [id, result],
  ts,
  at,
});

check("a request that never answers holds back all that comes after it", {
  operator: { timeout: 0 },
  input: [
    record("1", 10),
    record("2", 20),
    { watermark: 20 },
    complete("2", "b"),
    { processingTime: 1_000_000_000 },
  ],
});

check("a request that never answers makes way after its timeout, where timeout() answers nothing", {
  operator: { onTimeout: "empty" },
  input: [
    record("1", 10),
    { watermark: 10 },
    record("2", 20),
    complete("2", "b"),
    { processingTime: 999 },
    { processingTime: 1000 },
  ],
  output: [{ watermark: 10, at: 5 }, out("2", "b", 20, 5)],
});

check("a request may have no results, or many", {
  operator: {},
  input: [record("1", 10), record("2", 20), complete("2", "a", "b", "c"), complete("1")],
  output: [out("2", "a", 20, 3), out("2", "b", 20, 3), out("2", "c", 20, 3)],
});

check("with a capacity of 1 the input waits, watermarks too", {
  operator: { capacity: 1 },
  input: [
    record("1", 10),
    { watermark: 10 },
    record("2", 20),
    complete("1", "a"),
    complete("2", "b"),
    { endOfInput: true },
  ],
  output: [
    out("1", "a", 10, 3),
    { watermark: 10, at: 3 },
    out("2", "b", 20, 4),
    { watermark: "9223372036854775807", at: 5 },
  ],
});

check("a timeout fires although the input waits for room", {
  operator: { capacity: 1, onTimeout: "emit" },
  // A parked task looks at timers when their ms is over.
  input: [record("1", 10), record("2", 20), { processingTime: 1001 }, complete("2", "b")],
  output: [out("1", "timeout", 10, 2), out("2", "b", 20, 3)],
});

check("an idle input keeps its place behind results", {
  operator: { ordered: false },
  input: [
    record("1", 10),
    { status: "IDLE" },
    { status: "ACTIVE" },
    record("2", 20),
    complete("2", "b"),
    complete("1", "a"),
  ],
  output: [
    out("1", "a", 10, 5),
    { status: "IDLE", at: 5 },
    { status: "ACTIVE", at: 5 },
    out("2", "b", 20, 5),
  ],
});

check("when retries for a result are used up, that result counts", {
  operator: { retry: { maxAttempts: 1, delay: 10, ifResult: true } },
  input: [record("1", 10), complete("1"), { processingTime: 10 }, complete("1"), { watermark: 10 }],
  output: [{ watermark: 10, at: 4 }],
});

check("a failure without a predicate for it is not retried", {
  operator: { retry: { maxAttempts: 3, delay: 10, ifResult: true } },
  input: [record("1", 10), { fail: "1" }],
  error: { message: "RuntimeException: failed 1", at: 1 },
});

check("the timeout counts from the first attempt, ends the retries and is not retried", {
  operator: {
    timeout: 100,
    onTimeout: "empty",
    retry: { maxAttempts: 9, delay: 60, ifException: true, ifResult: true },
  },
  input: [
    record("1", 10),
    { fail: "1" },
    { processingTime: 60 },
    { fail: "1" },
    { watermark: 10 },
    { processingTime: 100 },
    { processingTime: 1000 },
  ],
  output: [{ watermark: 10, at: 5 }],
});

check("a timeout fails the job although failures are retried", {
  operator: { timeout: 100, retry: { maxAttempts: 9, delay: 10, ifException: true } },
  input: [record("1", 10), { processingTime: 100 }],
  error: { message: "TimeoutException: Async function call has timed out.", at: 1 },
});

check("the end of input makes the retries that wait at once, and they are the last", {
  operator: { retry: { maxAttempts: 9, delay: 10_000, ifException: true } },
  input: [
    record("1", 10),
    record("2", 20),
    { fail: "1" },
    { endOfInput: true },
    complete("2", "b"),
    complete("1", "a"),
  ],
  output: [out("1", "a", 10, 5), out("2", "b", 20, 5), { watermark: "9223372036854775807", at: 5 }],
});

check("after the end of input a failure is final", {
  operator: { retry: { maxAttempts: 9, delay: 10, ifException: true } },
  input: [record("1", 10), { endOfInput: true }, { fail: "1" }],
  error: { message: "RuntimeException: failed 1", at: 2 },
});

check("watermarks and statuses between requests are restored in their places", {
  operator: { ordered: false },
  input: [
    record("1", 10),
    { watermark: "-9223372036854775808" },
    { status: "IDLE" },
    { record: ["2"] },
    complete("2", "lost"),
    { snapshotAndRestore: true },
    complete("2", "b"),
    complete("1", "a"),
  ],
  output: [
    out("1", "a", 10, 7),
    { watermark: "-9223372036854775808", at: 7 },
    { status: "IDLE", at: 7 },
    { record: ["2", "b"], at: 7 },
  ],
});

check("a restored request has its whole timeout again", {
  operator: { onTimeout: "emit" },
  input: [
    record("1", 10),
    { processingTime: 900 },
    { snapshotAndRestore: true },
    { processingTime: 1899 },
    { processingTime: 1900 },
  ],
  output: [out("1", "timeout", 10, 4)],
});
