import assert from "node:assert/strict";
import { test } from "node:test";
import { REPORT_WINDOW_BYTES, type SlotReport } from "../../../../dataplane/protocol/messages.ts";
import { ReportWindow } from "../../../../dataplane/worker/report-window.ts";

const address = { vertexId: "v", subtaskIndex: 0 };

function printed(text: string): SlotReport {
  return { ...address, kind: "printed", text, toStderr: false };
}

function collected(bytes: number): SlotReport {
  const batch = new Uint8Array(bytes);
  const report = { ...address, kind: "collected", operatorId: "c", batch, type: "" } as const;
  return { ...report, behindCheckpoint: 0 };
}

test("there is room until the window is full of bytes, UTF-8 ones of text", () => {
  const window = new ReportWindow();
  window.count(collected(REPORT_WINDOW_BYTES - 6));
  window.count(printed("ää"));
  assert.equal(window.room(), null);
  window.count(printed("ä"));
  assert.notEqual(window.room(), null);
});

test("reports without rows take no room", () => {
  const window = new ReportWindow();
  window.count({ kind: "ready" });
  window.count({ ...address, kind: "request-splits" });
  window.count(collected(REPORT_WINDOW_BYTES - 1));
  assert.equal(window.room(), null);
});

test("all who wait are told when the master has taken enough, and not before", async () => {
  const window = new ReportWindow();
  window.count(collected(REPORT_WINDOW_BYTES + 10));
  let told = 0;
  const tell = (): void => {
    told += 1;
  };
  void window.room()?.then(tell);
  void window.room()?.then(tell);
  window.credit(10);
  await Promise.resolve();
  assert.equal(told, 0);
  window.credit(1);
  await Promise.resolve();
  assert.equal(told, 2);
  assert.equal(window.room(), null);
  window.count(collected(1));
  assert.notEqual(window.room(), null);
});
