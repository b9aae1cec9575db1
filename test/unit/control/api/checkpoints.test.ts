import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import {
  CheckpointConfig,
  CheckpointingMode,
  ExternalizedCheckpointRetention,
} from "../../../../control/api/checkpoint-config.ts";
import { StreamExecutionEnvironment } from "../../../../control/api/environment.ts";
import { RestartStrategies } from "../../../../control/api/restart-strategies.ts";
import {
  EmbeddedRocksDBStateBackend,
  FsStateBackend,
  HashMapStateBackend,
  MemoryStateBackend,
  RocksDBStateBackend,
} from "../../../../control/api/state-backends.ts";
import { Duration } from "../../../../dataplane/protocol/duration.ts";
import { planOf } from "../fake-cluster.ts";
import { throwsCode } from "../throws-code.ts";

type Env = StreamExecutionEnvironment;

async function optionsOf(define: (env: Env) => void, options = {}) {
  const plan = await planOf((env) => {
    define(env);
    env.fromElements(1).print();
  }, options);
  return plan.graph.options;
}

const newEnv = () => StreamExecutionEnvironment.getExecutionEnvironment();

test("a job without settings has no checkpoints and does not restart", async () => {
  const { checkpointing, restartStrategy } = await optionsOf(() => undefined);
  assert.deepEqual(checkpointing, {
    intervalMs: null,
    mode: "EXACTLY_ONCE",
    timeoutMs: 600_000,
    minPauseMs: 0,
    maxConcurrent: 1,
    tolerableFailures: 0,
    retention: "NO_EXTERNALIZED_CHECKPOINTS",
    retainedCount: 1,
    afterTasksFinish: true,
    storage: { kind: "memory" },
  });
  assert.deepEqual(restartStrategy, { kind: "none" });
});

test("with checkpoints a job restarts by exponential-delay, with Flink's defaults", async () => {
  const { checkpointing, restartStrategy } = await optionsOf((env) => env.enableCheckpointing(50));
  assert.equal(checkpointing.intervalMs, 50);
  assert.deepEqual(restartStrategy, {
    kind: "exponential-delay",
    initialBackoffMs: 1000,
    maxBackoffMs: 60_000,
    multiplier: 1.5,
    resetThresholdMs: 3_600_000,
    jitterFactor: 0.1,
    attempts: null,
  });
});

test("what is set is in the plan, and the config reads it back", async () => {
  const configs: CheckpointConfig[] = [];
  const { checkpointing } = await optionsOf((env) => {
    env.enableCheckpointing("3 s", CheckpointingMode.AT_LEAST_ONCE);
    const config = env
      .getCheckpointConfig()
      .setCheckpointTimeout(Duration.ofMinutes(1))
      .setMinPauseBetweenCheckpoints(500)
      .setMaxConcurrentCheckpoints(2)
      .setTolerableCheckpointFailureNumber(3)
      .setExternalizedCheckpointRetention(ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION)
      .setCheckpointStorage("checkpoints");
    configs.push(config);
  });
  assert.deepEqual(checkpointing, {
    intervalMs: 3000,
    mode: "AT_LEAST_ONCE",
    timeoutMs: 60_000,
    minPauseMs: 500,
    maxConcurrent: 2,
    tolerableFailures: 3,
    retention: "RETAIN_ON_CANCELLATION",
    retainedCount: 1,
    afterTasksFinish: true,
    storage: { kind: "filesystem", directory: resolve("checkpoints") },
  });
  const config = configs[0] ?? assert.fail();
  assert.ok(config.isCheckpointingEnabled());
  assert.equal(config.getCheckpointInterval(), 3000);
  assert.equal(config.getCheckpointingMode(), "AT_LEAST_ONCE");
  assert.equal(config.getCheckpointTimeout(), 60_000);
  assert.equal(config.getMinPauseBetweenCheckpoints(), 500);
  assert.equal(config.getMaxConcurrentCheckpoints(), 2);
  assert.equal(config.getTolerableCheckpointFailureNumber(), 3);
  assert.equal(config.getExternalizedCheckpointRetention(), "RETAIN_ON_CANCELLATION");
});

test("setters of the config and Flink's older ones set what they say", () => {
  const env = newEnv();
  const config = env.getCheckpointConfig();
  config.setCheckpointInterval("20 ms").setCheckpointingMode("AT_LEAST_ONCE");
  assert.equal(config.getCheckpointInterval(), 20);
  assert.equal(config.getCheckpointingMode(), "AT_LEAST_ONCE");
  const { ExternalizedCheckpointCleanup } = CheckpointConfig;
  config.enableExternalizedCheckpoints(ExternalizedCheckpointCleanup.RETAIN_ON_CANCELLATION);
  assert.equal(config.getExternalizedCheckpointRetention(), "RETAIN_ON_CANCELLATION");
  config.setExternalizedCheckpointCleanup(ExternalizedCheckpointCleanup.DELETE_ON_CANCELLATION);
  assert.equal(config.getExternalizedCheckpointRetention(), "DELETE_ON_CANCELLATION");
});

test("jobs in BATCH have no checkpoints, and restart only where they are told to", async () => {
  const enabled = await optionsOf((env) => env.enableCheckpointing(50), { runtimeMode: "BATCH" });
  assert.equal(enabled.checkpointing.intervalMs, null);
  assert.deepEqual(enabled.restartStrategy, { kind: "none" });
});

test("restart strategies are what RestartStrategies makes, or Flink's defaults by name", async () => {
  const strategyOf = async (strategy: Parameters<Env["setRestartStrategy"]>[0]) =>
    (await optionsOf((env) => env.setRestartStrategy(strategy))).restartStrategy;
  assert.deepEqual(await strategyOf(RestartStrategies.noRestart()), { kind: "none" });
  assert.deepEqual(await strategyOf(RestartStrategies.fixedDelayRestart(3, "10 s")), {
    kind: "fixed-delay",
    attempts: 3,
    delayMs: 10_000,
  });
  assert.deepEqual(await strategyOf(RestartStrategies.failureRateRestart(3, "5 min", 10)), {
    kind: "failure-rate",
    maxFailuresPerInterval: 3,
    intervalMs: 300_000,
    delayMs: 10,
  });
  assert.deepEqual(
    await strategyOf(RestartStrategies.exponentialDelayRestart(1, 10, 2, "1 h", 0)),
    {
      kind: "exponential-delay",
      initialBackoffMs: 1,
      maxBackoffMs: 10,
      multiplier: 2,
      resetThresholdMs: 3_600_000,
      jitterFactor: 0,
      attempts: null,
    },
  );
  assert.deepEqual(await strategyOf("failure-rate"), {
    kind: "failure-rate",
    maxFailuresPerInterval: 1,
    intervalMs: 60_000,
    delayMs: 1000,
  });
  assert.equal(newEnv().getRestartStrategy(), null);
});

test("wrong strategies are refused", () => {
  const refused: readonly unknown[] = [
    "sometimes",
    { kind: "fixed-delay", attempts: -1 },
    { kind: "fixed-delay", attempts: 1, delay: "10 s" },
    { kind: "failure-rate", maxFailuresPerInterval: 0 },
    { kind: "exponential-delay", multiplier: 0.5 },
    { kind: "exponential-delay", initialBackoffMs: 11, maxBackoffMs: 10 },
    { kind: "exponential-delay", jitterFactor: 1.1 },
    { kind: "exponential-delay", attempts: 0 },
    3,
  ];
  for (const strategy of refused) {
    throwsCode("MR_CONFIG_INVALID", () => newEnv().setRestartStrategy(strategy as "none"));
  }
  throwsCode("MR_FUNCTION_INVALID", () => RestartStrategies.fixedDelayRestart(1, "soon"));
});

test("intervals that are too short and modes that do not exist are refused", () => {
  throwsCode("MR_CONFIG_INVALID", () => newEnv().enableCheckpointing(9));
  const mode = "MOSTLY_ONCE" as CheckpointingMode;
  throwsCode("MR_CONFIG_INVALID", () => newEnv().enableCheckpointing(10, mode));
});

test("unaligned checkpoints are refused until they are built", () => {
  const config = newEnv().getCheckpointConfig();
  config.enableUnalignedCheckpoints(false);
  throwsCode("MR_FEATURE_UNSUPPORTED", () => config.enableUnalignedCheckpoints());
});

test("state backends of Flink's older names say where checkpoints go", async () => {
  const storageOf = async (define: (env: Env) => void) =>
    (await optionsOf(define)).checkpointing.storage;
  const files = { kind: "filesystem", directory: "/a" };
  assert.deepEqual(await storageOf((env) => env.setStateBackend(new FsStateBackend("/a"))), files);
  const url = new URL("file:///a");
  assert.deepEqual(await storageOf((env) => env.setStateBackend(new FsStateBackend(url))), files);
  const memory = { kind: "memory" };
  const toMemory = (env: Env) =>
    env.setStateBackend(new FsStateBackend("/a")).setStateBackend(new MemoryStateBackend());
  assert.deepEqual(await storageOf(toMemory), memory);
  const unchanged = (env: Env) =>
    env.setStateBackend(new FsStateBackend("/a")).setStateBackend(new HashMapStateBackend());
  assert.deepEqual(await storageOf(unchanged), files);
  throwsCode("MR_FEATURE_UNSUPPORTED", () => new EmbeddedRocksDBStateBackend());
  throwsCode("MR_FEATURE_UNSUPPORTED", () => new RocksDBStateBackend("/a"));
  throwsCode("MR_FUNCTION_INVALID", () => newEnv().setStateBackend(null as never));
});

test("hdfs:// and others are refused, saying what to use", () => {
  for (const uri of ["hdfs://node:8020/checkpoints", "s3://bucket/checkpoints"]) {
    const backend = new FsStateBackend(uri);
    const error = throwsCode("MR_CONFIG_INVALID", () => newEnv().setStateBackend(backend));
    assert.match(error.message, /local directory.*mount/);
    throwsCode("MR_CONFIG_INVALID", () => newEnv().getCheckpointConfig().setCheckpointStorage(uri));
  }
  throwsCode("MR_CONFIG_INVALID", () =>
    newEnv().getCheckpointConfig().setCheckpointStorage("file://elsewhere/a"),
  );
});

test("where checkpoints are on, what they do not do is warned about", async (context) => {
  const warnings: unknown[][] = [];
  context.mock.method(process, "emitWarning", (...warning: unknown[]) => warnings.push(warning));
  const define = (isOn: boolean) => (env: Env) => {
    if (isOn) env.enableCheckpointing(50);
    env.socketTextStream("localhost", 9).name("lines").print();
    env.fromSequence(1, 2).print();
  };
  await planOf(define(false));
  assert.deepEqual(warnings, []);
  await planOf(define(true));
  assert.equal(warnings.length, 1);
  const [message, options] = warnings[0] ?? [];
  assert.match(String(message), /^Source: lines cannot read again/);
  assert.deepEqual(options, { code: "MR_SOURCE_NOT_REPLAYABLE" });
});
