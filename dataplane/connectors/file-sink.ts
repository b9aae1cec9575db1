/**
 * Writes records to files of a directory, exactly once (after Flink's FileSink). A file is in progress
 * while it is written, pending when it is closed, and finished when the checkpoint is complete that
 * saw it closed, or when a job without checkpoints has come to its end. Only finished files have names
 * that readers see, and they never change.
 */
import type { TimeSpan } from "../protocol/duration.ts";
import { EngineError } from "../protocol/errors.ts";
import { type BucketAssigner, DateTimeBucketAssigner, isBlind } from "./bucket-assigner.ts";
import { type Encoder, SimpleStringEncoder } from "./encoders.ts";
import { EncodingWriter } from "./encoding-writer.ts";
import { type FileCommittable, FileCommitter } from "./file-committer.ts";
import { type FileCompactor, FileCompactStrategy } from "./file-compaction.ts";
import type { FileWriterOptions } from "./file-writer.ts";
import type { Compaction, FileWriterBucketState } from "./file-writer-bucket.ts";
import { OutputFileConfig } from "./output-file-config.ts";
import {
  DefaultRollingPolicy,
  OnCheckpointRollingPolicy,
  type RollingPolicy,
  spanAbove0,
} from "./rolling-policy.ts";
import type { Committer, Sink, SinkWriter, SinkWriterContext } from "./sink.ts";
import { TextRowWriter } from "./text-row-writer.ts";

const CHECK_INTERVAL_MS = 60_000;

type AnyEncoder<T> = Encoder<T> | SimpleStringEncoder;

interface FileSinkSettings<T> {
  readonly directory: string;
  readonly encoder: AnyEncoder<T>;
  readonly assigner: BucketAssigner<T>;
  readonly policy: RollingPolicy<T>;
  readonly names: OutputFileConfig;
  readonly compaction: Compaction | null;
  readonly checkIntervalMs: number;
}

type FileSinkWriter<T> = SinkWriter<T, FileCommittable, FileWriterBucketState>;

/** @public */
export class FileSink<T> implements Sink<T, FileCommittable, FileWriterBucketState> {
  readonly description: string;
  readonly #settings: FileSinkSettings<T>;

  /** @internal See forRowFormat(). */
  constructor(settings: FileSinkSettings<T>) {
    this.description = `File Sink: ${settings.directory}`;
    this.#settings = settings;
  }

  /**
   * ```ts
   * FileSink.forRowFormat("out", new SimpleStringEncoder())
   *   .withRollingPolicy(OnCheckpointRollingPolicy.build())
   *   .withBucketAssigner(new BasePathBucketAssigner())
   *   .build();
   * ```
   *
   * @param encoder default: one line of text per record
   * Throws MR_FUNCTION_INVALID.
   */
  static forRowFormat<T>(
    directory: string,
    encoder: AnyEncoder<T> = new SimpleStringEncoder(),
  ): FileSinkBuilder<T> {
    const operation = "FileSink.forRowFormat";
    if (typeof directory !== "string" || directory === "") {
      throw invalid(operation, "the path of a directory", directory);
    }
    if (!(encoder instanceof SimpleStringEncoder)) {
      checkMethod(encoder, "encode", operation, "an encoder with encode()");
    }
    return new FileSinkBuilder({
      ...{ directory, encoder, names: OutputFileConfig.builder().build(), compaction: null },
      assigner: new DateTimeBucketAssigner<T>(),
      policy: DefaultRollingPolicy.builder().build<T>(),
      checkIntervalMs: CHECK_INTERVAL_MS,
    });
  }

  createWriter(context: SinkWriterContext): FileSinkWriter<T> {
    return this.#writer(context);
  }

  /** Rejects with MR_SINK_FAILED. */
  async restoreWriter(
    context: SinkWriterContext,
    states: readonly FileWriterBucketState[],
  ): Promise<FileSinkWriter<T>> {
    const writer = this.#writer(context);
    try {
      await writer.restore(states);
    } catch (error) {
      await writer.close();
      throw error;
    }
    return writer;
  }

  createCommitter(): Committer<FileCommittable> {
    return new FileCommitter(this.#settings.directory);
  }

  #writer(context: SinkWriterContext): TextRowWriter<T> | EncodingWriter<T> {
    const { encoder, assigner, policy, ...others } = this.#settings;
    const options: FileWriterOptions = {
      ...others,
      assigner: assigner as BucketAssigner<unknown>,
      policy: policy as RollingPolicy<unknown>,
      context,
      now: () => context.processingTimeService.getCurrentProcessingTime(),
    };
    if (!(encoder instanceof SimpleStringEncoder)) return new EncodingWriter(encoder, options);
    const isBlindPolicy =
      policy instanceof DefaultRollingPolicy || policy instanceof OnCheckpointRollingPolicy;
    return new TextRowWriter<T>(isBlindPolicy && isBlind(assigner) ? "none" : "each", options);
  }
}

/** Each call answers the builder. @public */
export class FileSinkBuilder<T> {
  #settings: FileSinkSettings<T>;

  /** @internal */
  constructor(settings: FileSinkSettings<T>) {
    this.#settings = settings;
  }

  /** When files end; default: DefaultRollingPolicy. Throws MR_FUNCTION_INVALID. */
  withRollingPolicy(policy: RollingPolicy<T>): this {
    const operation = "withRollingPolicy()";
    const methods = ["shouldRollOnCheckpoint", "shouldRollOnEvent", "shouldRollOnProcessingTime"];
    for (const method of methods) checkMethod(policy, method, operation, "a RollingPolicy");
    return this.#with({ policy });
  }

  /** Which directory a record goes to; default: DateTimeBucketAssigner. Throws MR_FUNCTION_INVALID. */
  withBucketAssigner(assigner: BucketAssigner<T>): this {
    checkMethod(assigner, "getBucketId", "withBucketAssigner()", "a BucketAssigner");
    return this.#with({ assigner });
  }

  /** How often the policy is asked about files that no record comes to; default 1 min. */
  withBucketCheckInterval(interval: TimeSpan): this {
    return this.#with({ checkIntervalMs: spanAbove0(interval, "withBucketCheckInterval()") });
  }

  /** How files are called. Throws MR_FUNCTION_INVALID. */
  withOutputFileConfig(config: OutputFileConfig): this {
    if (config instanceof OutputFileConfig) return this.#with({ names: config });
    throw invalid("withOutputFileConfig()", "an OutputFileConfig", config);
  }

  /**
   * Makes few files of many before they are finished: records are then visible later. Off by default.
   * Throws MR_FUNCTION_INVALID.
   */
  enableCompact(strategy: FileCompactStrategy, compactor: FileCompactor): this {
    if (!(strategy instanceof FileCompactStrategy)) {
      throw invalid("enableCompact()", "a FileCompactStrategy", strategy);
    }
    checkMethod(compactor, "compact", "enableCompact()", "a FileCompactor");
    return this.#with({ compaction: { strategy, compactor } });
  }

  build(): FileSink<T> {
    return new FileSink(this.#settings);
  }

  #with(changes: Partial<FileSinkSettings<T>>): this {
    this.#settings = { ...this.#settings, ...changes };
    return this;
  }
}

function checkMethod(value: unknown, method: string, operation: string, expected: string): void {
  const object = value as Readonly<Record<string, unknown>> | null | undefined;
  if (typeof object?.[method] !== "function") throw invalid(operation, expected, value);
}

function invalid(operation: string, expected: string, actual: unknown): EngineError {
  return new EngineError("MR_FUNCTION_INVALID", { operation, expected, actual: typeof actual });
}
