/** Settings that clients send under Flink's names. Those that mean nothing here are left out, as unknown ones are there. */
import type { EngineOptions } from "../config/settings.ts";

type Convert = (text: string) => unknown;

const integer: Convert = (text) => (/^\d+$/.test(text.trim()) ? Number(text) : text);
/** A number alone is ms. */
const duration: Convert = (text) => integer(text);
const upperCase: Convert = (text) => text.trim().toUpperCase();
const flag: Convert = (text) => (text === "true" || text === "false" ? text === "true" : text);
const asIs: Convert = (text) => text;

const OPTIONS: Readonly<Record<string, readonly [keyof EngineOptions, Convert]>> = {
  "parallelism.default": ["parallelism", integer],
  "pipeline.max-parallelism": ["maxParallelism", integer],
  "pipeline.operator-chaining.enabled": ["operatorChaining", flag],
  "pipeline.auto-watermark-interval": ["autoWatermarkInterval", duration],
  "execution.runtime-mode": ["runtimeMode", upperCase],
  "execution.buffer-timeout.interval": ["bufferTimeoutMs", integer],
  "execution.checkpointing.interval": ["checkpointInterval", duration],
  "execution.checkpointing.mode": ["checkpointingMode", upperCase],
  "execution.checkpointing.timeout": ["checkpointTimeout", duration],
  "execution.checkpointing.min-pause": ["minPauseBetweenCheckpoints", duration],
  "execution.checkpointing.max-concurrent-checkpoints": ["maxConcurrentCheckpoints", integer],
  "execution.checkpointing.tolerable-failed-checkpoints": ["tolerableFailedCheckpoints", integer],
  "execution.checkpointing.checkpoints-after-tasks-finish": ["checkpointsAfterTasksFinish", flag],
  "execution.checkpointing.externalized-checkpoint-retention": ["checkpointRetention", upperCase],
  "execution.checkpointing.num-retained": ["retainedCheckpoints", integer],
  "execution.checkpointing.dir": ["checkpointDirectory", asIs],
  "state.checkpoints.dir": ["checkpointDirectory", asIs],
  "state.checkpoints.num-retained": ["retainedCheckpoints", integer],
  "restart-strategy.type": ["restartStrategy", asIs],
  "restart-strategy": ["restartStrategy", asIs],
};

/** Bad values are kept: who resolves them says what is wrong. */
export function optionsFromFlink(configuration: Readonly<Record<string, unknown>>): EngineOptions {
  const options = Object.entries(configuration).flatMap(([key, value]) => {
    const option = Object.hasOwn(OPTIONS, key) ? OPTIONS[key] : undefined;
    return option === undefined || value === null ? [] : [[option[0], option[1](String(value))]];
  });
  return Object.fromEntries(options) as EngineOptions;
}
