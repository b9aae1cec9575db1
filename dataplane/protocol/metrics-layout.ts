/**
 * Counters of one subtask in shared memory: f64[24], written by the subtask's thread alone, read by
 * the control plane at any time. Index, unit.
 */
export const METRIC_RECORDS_IN = 0;
export const METRIC_RECORDS_OUT = 1;
export const METRIC_BYTES_IN = 2;
export const METRIC_BYTES_OUT = 3;
/** Accumulated ms since the subtask started; the control plane derives ms per second. */
export const METRIC_BUSY_MS = 4;
export const METRIC_IDLE_MS = 5;
export const METRIC_BACKPRESSURED_MS = 6;
export const METRIC_BATCHES_IN = 7;
export const METRIC_BATCHES_OUT = 8;
/** Linear memory and buffers borrowed now, bytes. */
export const METRIC_MEMORY_BYTES = 9;
/** Bytes a JavaScript collector has spilled beyond its output batch, now. */
export const METRIC_OVERFLOW_BYTES = 10;
/** Invalid UTF-8 sequences replaced by a source or format. */
export const METRIC_MALFORMED = 11;
/** ms since the epoch; NaN = none yet. */
export const METRIC_CURRENT_WATERMARK = 12;
export const METRIC_LATE_RECORDS_DROPPED = 13;
/** The last one that left, ms since the epoch; NaN = none yet. */
export const METRIC_OUTPUT_WATERMARK = 14;
/** Of a source with an alignment: ms its watermark is above what its group allows; NaN = not known yet. */
export const METRIC_ALIGNMENT_DRIFT = 15;
/** Of a source: since when it has had no records, ms since the epoch; Infinity = it has some; NaN = no source. */
export const METRIC_SOURCE_IDLE_SINCE = 16;
/** Of a source: time of the record it put out last, ms since the epoch; NaN = none yet. */
export const METRIC_LAST_EVENT_TIME = 17;
export const METRIC_COUNT = 24;
