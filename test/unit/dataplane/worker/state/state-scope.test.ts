import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from "../../../../../dataplane/functions/state.ts";
import { StateTtlConfig } from "../../../../../dataplane/functions/state-ttl.ts";
import { SubtaskRuntimeContext } from "../../../../../dataplane/worker/runtime-context.ts";
import type { KeyedBackend } from "../../../../../dataplane/worker/state/keyed-backend.ts";
import { StateScope } from "../../../../../dataplane/worker/state/state-scope.ts";
import { createBackend } from "./backends.ts";

const SEED = 20261125;
const MS = 1000;

interface Fixture {
  readonly backend: KeyedBackend;
  readonly scope: StateScope;
  nowMs: number;
}

/** The current key is "a". */
function create(): Fixture {
  const backend = createBackend();
  backend.setCurrentKey("a", 1);
  const fixture: Fixture = {
    backend,
    scope: new StateScope(backend, () => fixture.nowMs),
    nowMs: 0,
  };
  return fixture;
}

function ttl(): ReturnType<typeof StateTtlConfig.newBuilder> {
  return StateTtlConfig.newBuilder(MS).disableCleanupInBackground();
}

/** The descriptor, with a time to live. */
function withTtl<D extends { enableTimeToLive(config: StateTtlConfig): void }>(
  descriptor: D,
  config: StateTtlConfig,
): D {
  descriptor.enableTimeToLive(config);
  return descriptor;
}

const average = {
  createAccumulator: (): [number, number] => [0, 0],
  add: (value: number, [count, sum]: [number, number]): [number, number] => [
    count + 1,
    sum + value,
  ],
  getResult: ([count, sum]: [number, number]) => sum / count,
  merge: (a: [number, number], b: [number, number]): [number, number] => [a[0] + b[0], a[1] + b[1]],
};

test("state that was never set is null, a list is empty", () => {
  const { scope } = create();
  assert.equal(scope.getState(new ValueStateDescriptor("v")).value(), null);
  assert.deepEqual(scope.getListState(new ListStateDescriptor("l")).get(), []);
  const map = scope.getMapState(new MapStateDescriptor<string, number>("m"));
  assert.equal(map.get("x"), null);
  assert.equal(map.isEmpty(), true);
  const sum = scope.getReducingState(new ReducingStateDescriptor<number>("r", (a, b) => a + b));
  assert.equal(sum.get(), null);
  assert.equal(scope.getAggregatingState(new AggregatingStateDescriptor("a", average)).get(), null);
});

test("values of one key and namespace are not those of another", () => {
  const { scope, backend } = create();
  const value = scope.getState(new ValueStateDescriptor<number>("v"));
  value.update(1);
  scope.namespace = "0/10";
  assert.equal(value.value(), null);
  value.update(2);
  backend.setCurrentKey("b", 1);
  assert.equal(value.value(), null);
  scope.namespace = "";
  assert.equal(value.value(), null);
  backend.setCurrentKey("a", 1);
  assert.equal(value.value(), 1);
  value.update(null);
  scope.namespace = "0/10";
  assert.equal(value.value(), 2);
  value.clear();
  assert.equal(backend.entryCount, 0);
});

test("a default value is given out as a copy, and not with a time to live", () => {
  const { scope } = create();
  const value = scope.getState(new ValueStateDescriptor<number[]>("v", null, [1]));
  value.value()?.push(2);
  assert.deepEqual(value.value(), [1]);
  const timed = withTtl(new ValueStateDescriptor<number[]>("t", null, [1]), ttl().build());
  assert.equal(scope.getState(timed).value(), null);
});

test("lists, reducing and aggregating states", () => {
  const { scope, backend } = create();
  const list = scope.getListState(new ListStateDescriptor<number>("l"));
  list.add(1);
  list.addAll([2, 3]);
  list.addAll([]);
  assert.deepEqual(list.get(), [1, 2, 3]);
  const given = [4];
  list.update(given);
  given.push(5);
  assert.deepEqual(list.get(), [4]);
  list.update([]);
  const sum = scope.getReducingState(
    new ReducingStateDescriptor<number>("r", { reduce: (a, b) => a + b }),
  );
  sum.add(3);
  sum.add(4);
  assert.equal(sum.get(), 7);
  sum.add(null);
  const mean = scope.getAggregatingState(new AggregatingStateDescriptor("a", average));
  mean.add(3);
  mean.add(4);
  assert.equal(mean.get(), 3.5);
  mean.add(undefined);
  assert.equal(backend.entryCount, 0);
});

test("a map compares its keys by value", () => {
  const { scope, backend } = create();
  const map = scope.getMapState(new MapStateDescriptor<unknown, number | null>("m"));
  const keys = ["", "\0x", "1", 1, 1n, -0.5, true, [1, "a"], { x: 1 }];
  map.putAll(keys.map((key, index) => [key, index] as const));
  map.put([1, "a"], 70);
  assert.equal(map.get({ x: 1 }), 8);
  assert.deepEqual([...map.keys()], keys);
  assert.deepEqual([...map.values()], [0, 1, 2, 3, 4, 5, 6, 70, 8]);
  map.put("", null);
  assert.equal(map.contains(""), true);
  assert.equal(map.get(""), null);
  assert.throws(() => map.put(Number.NaN, 1), { code: "MR_KEY_NAN" });
  assert.throws(() => map.put(null, 1), { code: "MR_KEY_NULL" });
  for (const key of map.keys()) map.remove(key);
  assert.equal(map.isEmpty(), true);
  assert.equal(backend.entryCount, 0);
});

test("one name is one state, of one kind", () => {
  const { scope } = create();
  scope.getState(new ValueStateDescriptor<number>("s")).update(1);
  assert.equal(scope.getState(new ValueStateDescriptor<number>("s")).value(), 1);
  const kind = { code: "MR_STATE_KIND" };
  assert.throws(() => scope.getListState(new ListStateDescriptor("s")), kind);
  const timed = withTtl(new ValueStateDescriptor<number>("s"), ttl().build());
  assert.throws(() => scope.getState(timed), kind);
});

test("without a key, and off a keyed stream, there is no state", () => {
  const { scope, backend } = create();
  const value = scope.getState(new ValueStateDescriptor<number>("v"));
  backend.clearCurrentKey();
  assert.throws(() => value.value(), { code: "MR_STATE_NO_KEY" });
  const context = new SubtaskRuntimeContext({
    name: "Map",
    subtaskIndex: 0,
    parallelism: 1,
    maxParallelism: 128,
    attempt: 0,
  });
  const asks = [
    () => context.getState(),
    () => context.getListState(),
    () => context.getMapState(),
    () => context.getReducingState(),
    () => context.getAggregatingState(),
  ];
  for (const ask of asks) assert.throws(ask, { code: "MR_STATE_NOT_KEYED" });
});

test("lists refuse null, and reduce functions must not be asynchronous", () => {
  const { scope } = create();
  const list = scope.getListState(new ListStateDescriptor<unknown>("l"));
  const refused = { code: "MR_STATE_NULL" };
  assert.throws(() => list.add(null), refused);
  assert.throws(() => list.addAll([1, undefined]), refused);
  assert.throws(() => list.update(null as never), refused);
  assert.deepEqual(list.get(), []);
  const reduce = (): never => Promise.resolve(1) as never;
  const sum = scope.getReducingState(new ReducingStateDescriptor<number>("r", reduce));
  sum.add(1);
  assert.throws(() => sum.add(2), { code: "MR_FUNCTION_ASYNC" });
});

test("a value that has expired may be returned once, where that is asked for", () => {
  const fixture = create();
  const config = ttl().returnExpiredIfNotCleanedUp().build();
  const value = fixture.scope.getState(withTtl(new ValueStateDescriptor<string>("v"), config));
  value.update("x");
  fixture.nowMs = MS;
  assert.equal(value.value(), "x");
  assert.equal(value.value(), null);
  const list = fixture.scope.getListState(withTtl(new ListStateDescriptor<string>("l"), config));
  list.add("old");
  fixture.nowMs += 1;
  list.add("new");
  fixture.nowMs += MS - 1;
  assert.deepEqual(list.get(), ["old", "new"]);
  assert.deepEqual(list.get(), ["old", "new"]);
  fixture.nowMs += 1;
  assert.deepEqual(list.get(), ["old", "new"]);
  assert.deepEqual(list.get(), []);
});

test("a read renews a list's living elements, where reads count", () => {
  const fixture = create();
  const config = ttl().updateTtlOnReadAndWrite().returnExpiredIfNotCleanedUp().build();
  const list = fixture.scope.getListState(withTtl(new ListStateDescriptor<string>("l"), config));
  list.add("old");
  fixture.nowMs = 600;
  list.add("new");
  fixture.nowMs = MS;
  assert.deepEqual(list.get(), ["old", "new"]);
  fixture.nowMs = 1_900;
  assert.deepEqual(list.get(), ["new"]);
  list.update(["other"]);
  assert.deepEqual(list.get(), ["other"]);
});

test("a map's null has no life: its entry is there, but contains() denies it", () => {
  const fixture = create();
  const descriptor = withTtl(new MapStateDescriptor<string, null>("m"), ttl().build());
  const map = fixture.scope.getMapState(descriptor);
  map.put("k", null);
  assert.equal(map.contains("k"), false);
  assert.equal(map.isEmpty(), false);
  assert.deepEqual([...map.entries()], []);
});

test("an aggregate starts anew once it has expired, and every add renews it", () => {
  const fixture = create();
  const descriptor = withTtl(new AggregatingStateDescriptor("a", average), ttl().build());
  const mean = fixture.scope.getAggregatingState(descriptor);
  mean.add(2);
  fixture.nowMs = 900;
  mean.add(4);
  fixture.nowMs = 1_899;
  assert.equal(mean.get(), 3);
  fixture.nowMs = 1_900;
  mean.add(10);
  assert.equal(mean.get(), 10);
});

test("cleanup in the background takes a few entries of any keys at each access", () => {
  const fixture = create();
  const { scope, backend } = fixture;
  const config = StateTtlConfig.newBuilder(MS).cleanupIncrementally(2).build();
  const value = scope.getState(withTtl(new ValueStateDescriptor<number>("v"), config));
  const list = scope.getListState(withTtl(new ListStateDescriptor<number>("l"), config));
  const map = scope.getMapState(withTtl(new MapStateDescriptor<string, number>("m"), config));
  for (let key = 0; key < 10; ++key) {
    backend.setCurrentKey(`k${key}`, key);
    value.update(key);
    list.add(key);
    map.put("x", key);
  }
  fixture.nowMs = MS;
  backend.setCurrentKey("k9", 9);
  list.add(90);
  map.put("y", 90);
  for (let access = 0; access < 20; ++access) {
    value.value();
    list.get();
    map.get("y");
  }
  assert.equal(backend.entryCount, 2);
  assert.deepEqual(list.get(), [90]);
  assert.deepEqual([...map.entries()], [["y", 90]]);
});

/** What a map with a time to live shows, from the whole history. */
class MapModel {
  readonly entries = new Map<string, { value: number; atMs: number }>();

  living(nowMs: number): [string, number][] {
    const found = [...this.entries].filter(([, { atMs }]) => atMs + MS > nowMs);
    return found.map(([key, { value }]) => [key, value]);
  }
}

test("maps with a time to live show what a model of them shows", () => {
  const action = fc.record({
    kind: fc.constantFrom("put", "remove", "get", "wait", "wait"),
    key: fc.constantFrom("a", "b", "c"),
    value: fc.nat(600),
  });
  const run = (actions: readonly { kind: string; key: string; value: number }[], size: number) => {
    const fixture = create();
    const builder = StateTtlConfig.newBuilder(MS);
    const config =
      size === 0 ? builder.disableCleanupInBackground() : builder.cleanupIncrementally(size);
    const descriptor = withTtl(new MapStateDescriptor<string, number>("m"), config.build());
    const map = fixture.scope.getMapState(descriptor);
    const model = new MapModel();
    for (const { kind, key, value } of actions) {
      if (kind === "wait") fixture.nowMs += value;
      else if (kind === "remove") {
        map.remove(key);
        model.entries.delete(key);
      } else if (kind === "put") {
        map.put(key, value);
        model.entries.set(key, { value, atMs: fixture.nowMs });
      }
      const expected = model.living(fixture.nowMs);
      const found = expected.find(([other]) => other === key);
      assert.equal(map.get(key), found?.[1] ?? null);
      assert.equal(map.contains(key), found !== undefined);
      assert.deepEqual([...map.entries()].sort(), expected.sort());
    }
  };
  const actions = fc.array(action, { maxLength: 30 });
  fc.assert(fc.property(actions, fc.nat(3), run), { seed: SEED, numRuns: 300 });
});
