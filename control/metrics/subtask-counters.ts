/** Reads the counters of subtasks from shared memory; the layout is protocol/metrics-layout.ts. */
import {
  METRIC_ALIGNMENT_DRIFT,
  METRIC_BACKPRESSURED_MS,
  METRIC_BATCHES_IN,
  METRIC_BATCHES_OUT,
  METRIC_BUSY_MS,
  METRIC_BYTES_IN,
  METRIC_BYTES_OUT,
  METRIC_COUNT,
  METRIC_CURRENT_WATERMARK,
  METRIC_IDLE_MS,
  METRIC_LAST_EVENT_TIME,
  METRIC_LATE_RECORDS_DROPPED,
  METRIC_MALFORMED,
  METRIC_MEMORY_BYTES,
  METRIC_OUTPUT_WATERMARK,
  METRIC_OVERFLOW_BYTES,
  METRIC_RECORDS_IN,
  METRIC_RECORDS_OUT,
  METRIC_SOURCE_IDLE_SINCE,
} from "../../dataplane/protocol/metrics-layout.ts";

/** At the end of input: no time to be late for. */
const MAX_WATERMARK_MS = 2 ** 63;

/** Bytes of one subtask's counters. */
export const SUBTASK_COUNTERS_SIZE = METRIC_COUNT * Float64Array.BYTES_PER_ELEMENT;

/** Flink's metric names where Flink has the metric; times in ms since the subtask started. */
export interface SubtaskCounters {
  readonly numRecordsIn: number;
  readonly numRecordsOut: number;
  readonly numBytesIn: number;
  readonly numBytesOut: number;
  readonly accumulatedBusyTimeMs: number;
  readonly accumulatedIdleTimeMs: number;
  readonly accumulatedBackPressuredTimeMs: number;
  readonly numBatchesIn: number;
  readonly numBatchesOut: number;
  readonly memoryBytes: number;
  readonly collectorOverflowBytes: number;
  readonly numMalformedSequences: number;
  /** ms since the epoch; null before the first watermark. */
  readonly currentInputWatermark: number | null;
  readonly currentOutputWatermark: number | null;
  readonly numLateRecordsDropped: number;
  /** Of sources; null = unknown, or no source. */
  readonly sourceIdleTime: number | null;
  readonly currentEmitEventTimeLag: number | null;
  readonly watermarkLag: number | null;
  readonly watermarkAlignmentDrift: number | null;
}

/** @param nowMs ms since the epoch, which lags are counted from */
export function readSubtaskCounters(
  buffer: SharedArrayBuffer,
  byteOffset: number,
  nowMs: number,
): SubtaskCounters {
  const counters = new Float64Array(buffer, byteOffset, METRIC_COUNT);
  const at = (index: number): number => counters[index] ?? 0;
  const known = (index: number): number | null => (Number.isNaN(at(index)) ? null : at(index));
  const watermark = known(METRIC_OUTPUT_WATERMARK);
  const idleSinceMs = known(METRIC_SOURCE_IDLE_SINCE);
  // As in Flink: a source at work puts out now, one without records did when it had the last one.
  const emitMs = idleSinceMs === Number.POSITIVE_INFINITY ? nowMs : idleSinceMs;
  const lagOf = (timeMs: number | null): number | null =>
    emitMs === null || timeMs === null || timeMs >= MAX_WATERMARK_MS ? null : emitMs - timeMs;
  return {
    numRecordsIn: at(METRIC_RECORDS_IN),
    numRecordsOut: at(METRIC_RECORDS_OUT),
    numBytesIn: at(METRIC_BYTES_IN),
    numBytesOut: at(METRIC_BYTES_OUT),
    accumulatedBusyTimeMs: at(METRIC_BUSY_MS),
    accumulatedIdleTimeMs: at(METRIC_IDLE_MS),
    accumulatedBackPressuredTimeMs: at(METRIC_BACKPRESSURED_MS),
    numBatchesIn: at(METRIC_BATCHES_IN),
    numBatchesOut: at(METRIC_BATCHES_OUT),
    memoryBytes: at(METRIC_MEMORY_BYTES),
    collectorOverflowBytes: at(METRIC_OVERFLOW_BYTES),
    numMalformedSequences: at(METRIC_MALFORMED),
    currentInputWatermark: known(METRIC_CURRENT_WATERMARK),
    currentOutputWatermark: watermark,
    numLateRecordsDropped: at(METRIC_LATE_RECORDS_DROPPED),
    sourceIdleTime: emitMs === null ? null : nowMs - emitMs,
    currentEmitEventTimeLag: lagOf(known(METRIC_LAST_EVENT_TIME)),
    watermarkLag: lagOf(watermark),
    watermarkAlignmentDrift: known(METRIC_ALIGNMENT_DRIFT),
  };
}
