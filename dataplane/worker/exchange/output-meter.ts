/** Counts what leaves a task. */
export interface OutputMeter {
  countRows(rows: number): void;
  countBatch(bytes: number): void;
  /** It has gone to all channels. */
  noteWatermark(watermarkMs: bigint): void;
}
