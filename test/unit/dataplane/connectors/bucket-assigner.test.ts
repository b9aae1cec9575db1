import assert from "node:assert/strict";
import { test } from "node:test";

import { DateTimeBucketAssigner } from "../../../../dataplane/connectors/bucket-assigner.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";

function bucketAt(assigner: DateTimeBucketAssigner<string>, nowMs: number): string {
  const currentProcessingTime = (): number => nowMs;
  return assigner.getBucketId("", {
    currentProcessingTime,
    currentWatermark: () => 0,
    timestamp: () => null,
  });
}

const AT_MS = Date.UTC(2024, 11, 31, 23, 5, 9, 87);

// What java.time.format.DateTimeFormatter answers for 2024-12-31T23:05:09.087Z.
const PATTERNS: readonly (readonly [pattern: string, zone: string, expected: string])[] = [
  ["yyyy-MM-dd--HH", "UTC", "2024-12-31--23"],
  ["yyyy-MM-dd--HH", "Asia/Shanghai", "2025-01-01--07"],
  ["yyyy-MM-dd--HH", "America/St_Johns", "2024-12-31--19"],
  ["'dt='yyyyMMdd'/hour='H", "UTC", "dt=20241231/hour=23"],
  ["yy/M/d/D/E", "UTC", "24/12/31/366/Tue"],
  ["uuuu h a mm:ss.SSS S", "UTC", "2024 11 PM 05:09.087 0"],
  ["HH 'o''clock' ''", "UTC", "23 o'clock '"],
];

test("patterns are read as Java's formatter reads them, in the zone", () => {
  for (const [pattern, zone, expected] of PATTERNS) {
    assert.equal(bucketAt(new DateTimeBucketAssigner(pattern, zone), AT_MS), expected, pattern);
  }
});

test("the bucket changes when the time does, also by milliseconds and backwards", () => {
  const hours = new DateTimeBucketAssigner<string>("HH:mm:ss", "UTC");
  assert.deepEqual(
    [999, 1000, 500].map((ms) => bucketAt(hours, ms)),
    ["00:00:00", "00:00:01", "00:00:00"],
  );
  const fine = new DateTimeBucketAssigner<string>("ss.SSS", "UTC");
  assert.deepEqual(
    [1, 2, -1].map((ms) => bucketAt(fine, ms)),
    ["00.001", "00.002", "59.999"],
  );
});

test("patterns and zones that are none are refused", () => {
  for (const [pattern, zone] of [
    ["yyyy-QQ", "UTC"],
    ["HHH", "UTC"],
    ["'open", "UTC"],
    ["HH", "Mars/Base"],
  ] as const) {
    assert.throws(
      () => new DateTimeBucketAssigner(pattern, zone),
      (error) => error instanceof EngineError && error.code === "MR_FUNCTION_INVALID",
      pattern,
    );
  }
});
