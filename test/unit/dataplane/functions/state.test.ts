import assert from "node:assert/strict";
import { test } from "node:test";
import { OutputTag } from "../../../../dataplane/functions/output-tag.ts";
import {
  AggregatingStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from "../../../../dataplane/functions/state.ts";
import { StateTtlConfig } from "../../../../dataplane/functions/state-ttl.ts";

const invalid = { code: "MR_FUNCTION_INVALID" };

test("time to live has Flink's defaults and options", () => {
  const ttl = StateTtlConfig.newBuilder("1 h").build();
  assert.equal(ttl.getTimeToLive(), 3_600_000);
  assert.equal(ttl.getUpdateType(), "OnCreateAndWrite");
  assert.equal(ttl.getStateVisibility(), "NeverReturnExpired");
  assert.equal(ttl.getCleanupSize(), 5);
  const other = StateTtlConfig.newBuilder(10)
    .useProcessingTime()
    .updateTtlOnReadAndWrite()
    .returnExpiredIfNotCleanedUp()
    .cleanupIncrementally(7)
    .build();
  assert.equal(other.getUpdateType(), StateTtlConfig.UpdateType.OnReadAndWrite);
  assert.equal(
    other.getStateVisibility(),
    StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp,
  );
  assert.equal(other.getCleanupSize(), 7);
});

test("a time to live that is disabled is none", () => {
  const descriptor = new ValueStateDescriptor<number>("value");
  assert.equal(descriptor.getTtlConfig(), null);
  descriptor.enableTimeToLive(StateTtlConfig.newBuilder(1).setUpdateType("Disabled").build());
  assert.equal(descriptor.getTtlConfig(), null);
  const ttl = StateTtlConfig.newBuilder(1).updateTtlOnCreateAndWrite().neverReturnExpired().build();
  descriptor.enableTimeToLive(ttl);
  assert.equal(descriptor.getTtlConfig(), ttl);
});

test("bad descriptors are refused where they are made", () => {
  assert.throws(() => new ValueStateDescriptor(""), invalid);
  assert.throws(() => new OutputTag(""), invalid);
  assert.throws(() => new ReducingStateDescriptor("sum", null as never), invalid);
  assert.throws(() => new AggregatingStateDescriptor("sum", {} as never), invalid);
  assert.throws(() => StateTtlConfig.newBuilder(0), invalid);
  assert.throws(() => StateTtlConfig.newBuilder("soon"), invalid);
  assert.throws(() => StateTtlConfig.newBuilder(1).cleanupIncrementally(0), invalid);
  assert.throws(() => StateTtlConfig.newBuilder(1).setUpdateType("x" as never), invalid);
  assert.throws(() => StateTtlConfig.newBuilder(1).setStateVisibility("x" as never), invalid);
  const descriptor = new ValueStateDescriptor("value");
  assert.throws(() => descriptor.enableTimeToLive({} as never), invalid);
});
