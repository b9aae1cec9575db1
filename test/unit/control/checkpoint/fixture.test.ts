/**
 * Snapshots of every version of the format are kept in fixtures/ and restored for ever. A new version gets
 * a folder of its own: UPDATE_FIXTURE=1 writes the one of this version if there is none; what is there is never
 * written again.
 */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { MANIFEST_VERSION } from "../../../../control/checkpoint/manifest.ts";
import { readSnapshot } from "../../../../control/checkpoint/read-snapshot.ts";
import {
  type Collector,
  type DataStream,
  Duration,
  type KeyedOnTimerContext,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type RuntimeContext,
  TumblingEventTimeWindows,
  Types,
  type ValueState,
  ValueStateDescriptor,
} from "../../../../control/index.ts";
import {
  createHarness,
  type HarnessOptions,
  record,
  watermark,
} from "../../../../control/testing.ts";
import { Crc32c } from "../../../../dataplane/memory/crc32c.ts";
import { nodeFileSystem } from "../../../../dataplane/snapshot/node-file-system.ts";
import { StateFileReader } from "../../../../dataplane/snapshot/state-file-reader.ts";
import { projectRoot } from "../../../project-root.ts";
import { harnessState, writeSavepoint } from "./snapshot-fixture.ts";

type Sale = [shop: string, amount: number];
const SALE = Types.TUPLE(Types.STRING, Types.INT);
const access = { fileSystem: nodeFileSystem, crc32c: await Crc32c.create() };
const FIXTURES = join(projectRoot, "test/unit/control/checkpoint/fixtures");
const thisVersion = join(FIXTURES, `version-${MANIFEST_VERSION}`);

/** Rolling sums: a table in WebAssembly. */
const rolling = (options: HarnessOptions) =>
  createHarness((input: DataStream<Sale>) => input.keyBy(0).sum(1), {
    type: SALE,
    engine: "auto",
    ...options,
  });

/** Windows of 10 ms: tables in WebAssembly. */
const windows = (options: HarnessOptions) =>
  createHarness(
    (input: DataStream<Sale>) =>
      input
        .keyBy(0)
        .window(TumblingEventTimeWindows.of(Duration.ofMillis(10)))
        .sum(1),
    { type: SALE, engine: "auto", ...options },
  );

/** Emits the total of a shop at a timer: state and timers in JavaScript. */
class DelayedTotal extends KeyedProcessFunction<string, Sale, string> {
  #total: ValueState<number> | undefined;

  override open(context: RuntimeContext): void {
    this.#total = context.getState(new ValueStateDescriptor<number>("total"));
  }

  processElement([, amount]: Sale, ctx: KeyedProcessContext<string>): void {
    this.#total?.update((this.#total.value() ?? 0) + amount);
    ctx.timerService().registerEventTimeTimer(100);
  }

  override onTimer(_time: number, ctx: KeyedOnTimerContext<string>, out: Collector<string>): void {
    out.collect(`${ctx.getCurrentKey()}=${this.#total?.value()}`);
  }
}

const timers = (options: HarnessOptions) =>
  createHarness(
    (input: DataStream<Sale>) =>
      input.keyBy(([shop]) => shop, Types.STRING).process(new DelayedTotal()),
    options,
  );

const DEFINITIONS = { rolling, timers, windows } as const;

if (process.env.UPDATE_FIXTURE !== undefined && !existsSync(thisVersion)) {
  const snapshots: Parameters<typeof writeSavepoint>[2] = Object.fromEntries(
    await Promise.all(
      Object.entries(DEFINITIONS).map(async ([name, define]) => {
        const harness = await define({});
        for (const shop of ["north", "south", "west"]) {
          await harness.processElement([shop, shop.length], 3);
          await harness.processElement([shop, 10], 4);
        }
        const snapshot = await harness.snapshot();
        await harness.close();
        return [name, snapshot] as const;
      }),
    ),
  );
  const folder = mkdtempSync(join(tmpdir(), "millrace-fixture-"));
  await nodeFileSystem.makeFolder(dirname(thisVersion));
  const path = await writeSavepoint(access, folder, snapshots);
  renameSync(path, thisVersion);
  rmSync(folder, { recursive: true });
}

test("there is a snapshot of this version of the format", () => {
  assert.ok(readdirSync(FIXTURES).includes(`version-${MANIFEST_VERSION}`));
});

for (const version of readdirSync(FIXTURES)) {
  test(`a snapshot of ${version} is restored, and its operators go on`, async () => {
    const { manifest } = await readSnapshot(access, join(FIXTURES, version), "blocks");
    assert.equal(manifest.jobName, "fixture");
    assert.deepEqual(manifest.enumerators, [
      { operatorId: "source", state: { next: 3n, seen: new Set(["a", "b"]) } },
    ]);
    const restore = async (vertex: string) => ({
      parallelism: 2,
      restore: await harnessState(access, manifest, vertex),
    });

    const sums = await rolling(await restore("rolling"));
    await sums.processElement(["south", 1], 5);
    await sums.processElement(["east", 1], 6);
    assert.deepEqual(sums.extractOutputValues(), [
      ["south", 16],
      ["east", 1],
    ]);
    await sums.close();

    const totals = await timers(await restore("timers"));
    await totals.processElement(["west", 1], 5);
    await totals.processWatermark(100);
    assert.deepEqual([...totals.extractOutputValues()].sort(), ["north=15", "south=15", "west=15"]);
    await totals.close();

    const panes = await windows({ ...(await restore("windows")), parallelism: 1 });
    await panes.processElement(["north", 100], 9);
    await panes.processWatermark(9);
    const output = panes.getOutput();
    assert.deepEqual(output.at(-1), watermark(9));
    assert.deepEqual(
      [...panes.extractOutputValues()].sort(([a], [b]) => (a < b ? -1 : 1)),
      [
        ["north", 115],
        ["south", 15],
        ["west", 14],
      ],
    );
    assert.ok(
      output.some(
        (element) => JSON.stringify(element) === JSON.stringify(record(["north", 115], 9)),
      ),
    );
    await panes.close();

    const state = manifest.vertices[0]?.subtasks[0]?.state;
    assert.ok(state !== null && state !== undefined);
    const reader = await StateFileReader.open(access, state);
    const entries: unknown[] = [];
    for await (const content of reader.contents()) {
      if (content.kind === "operator-state") entries.push(content.entry);
    }
    await reader.close();
    assert.deepEqual(entries, [
      { name: "positions", mode: "split", values: [{ file: "rolling.txt", offset: 17n }] },
    ]);
  });
}
