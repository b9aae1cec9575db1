/** Reads the counters of subtasks from shared memory; the layout is protocol/metrics-layout.ts. */
import {
  METRIC_BACKPRESSURED_MS,
  METRIC_BATCHES_IN,
  METRIC_BATCHES_OUT,
  METRIC_BUSY_MS,
  METRIC_BYTES_IN,
  METRIC_BYTES_OUT,
  METRIC_COUNT,
  METRIC_CURRENT_WATERMARK,
  METRIC_IDLE_MS,
  METRIC_LATE_RECORDS_DROPPED,
  METRIC_MALFORMED,
  METRIC_MEMORY_BYTES,
  METRIC_OVERFLOW_BYTES,
  METRIC_RECORDS_IN,
  METRIC_RECORDS_OUT,
} from "../../dataplane/protocol/metrics-layout.ts";

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
  readonly numLateRecordsDropped: number;
}

export function readSubtaskCounters(
  buffer: SharedArrayBuffer,
  byteOffset: number,
): SubtaskCounters {
  const counters = new Float64Array(buffer, byteOffset, METRIC_COUNT);
  const at = (index: number): number => counters[index] ?? 0;
  const watermark = at(METRIC_CURRENT_WATERMARK);
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
    currentInputWatermark: Number.isNaN(watermark) ? null : watermark,
    numLateRecordsDropped: at(METRIC_LATE_RECORDS_DROPPED),
  };
}
