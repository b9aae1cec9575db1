import assert from "node:assert/strict";
import { test } from "node:test";
import { windowsInJavaScript } from "../../../../control/plan/window-engine.ts";
import type { WindowFoldSpec, WindowSpec } from "../../../../dataplane/protocol/window-spec.ts";

const SUM: WindowFoldSpec = { kind: "sum", field: 1, first: true };
const REDUCE: WindowFoldSpec = { kind: "reduce" };
const AGGREGATE: WindowFoldSpec = { kind: "aggregate" };

function sliding(windows: number, fold: WindowFoldSpec, allowedLatenessMs = 0): WindowSpec {
  const slideMs = 10;
  const sizeMs = windows * slideMs;
  return {
    assigner: { kind: "sliding", time: "event", sizeMs, slideMs, offsetMs: 0 },
    trigger: { kind: "event-time" },
    evictor: null,
    allowedLatenessMs,
    lateTag: null,
    fold,
    call: null,
  };
}

test("more windows may be open where they share slices", () => {
  const tooMany = "more than 256 windows are open at a time";
  assert.equal(windowsInJavaScript(sliding(256, REDUCE)), null);
  assert.equal(windowsInJavaScript(sliding(257, REDUCE)), tooMany);
  assert.equal(windowsInJavaScript(sliding(256, AGGREGATE)), null);
  assert.equal(windowsInJavaScript(sliding(257, AGGREGATE)), tooMany);
  assert.equal(windowsInJavaScript(sliding(1000, SUM)), null);
  assert.equal(windowsInJavaScript(sliding(1001, SUM)), tooMany);
  // Those that have fired and take late records share nothing.
  assert.equal(windowsInJavaScript(sliding(1000, SUM, 2560)), null);
  assert.equal(windowsInJavaScript(sliding(1000, SUM, 2570)), tooMany);
});

test("sessions with one gap need not run in JavaScript, whatever folds their records", () => {
  const session = (gapMs: number | null, fold: WindowFoldSpec): WindowSpec => ({
    ...sliding(1, fold),
    assigner: { kind: "session", time: "event", gapMs },
  });
  for (const fold of [SUM, REDUCE, AGGREGATE]) {
    assert.equal(windowsInJavaScript(session(10, fold)), null);
    assert.equal(
      windowsInJavaScript(session(null, fold)),
      "sessions with a gap of each record run in JavaScript",
    );
  }
});
