/** What goes into a harness and comes out of it. */

/** A record; its timestamp in ms of event time, null = it has none. @public */
export interface StreamRecord<T> {
  readonly kind: "record";
  readonly value: T;
  readonly timestamp: number | null;
}

/** No record of this time (ms) or an earlier one is expected any more. @public */
export interface WatermarkElement {
  readonly kind: "watermark";
  readonly timestamp: number;
}

/** Whether watermarks wait for the stream. @public */
export interface WatermarkStatus {
  readonly kind: "status";
  readonly status: "idle" | "active";
}

/** @public */
export type StreamElement<T> = StreamRecord<T> | WatermarkElement | WatermarkStatus;

/**
 * A record to compare outputs with.
 *
 * ```ts
 * assert.deepEqual(harness.getOutput(), [record("a", 5), watermark(10)]);
 * ```
 * @public
 */
export function record<T>(value: T, timestamp: number | null = null): StreamRecord<T> {
  return { kind: "record", value, timestamp };
}

/** A watermark to compare outputs with; ms. @public */
export function watermark(timestamp: number): WatermarkElement {
  return { kind: "watermark", timestamp };
}

/** A status to compare outputs with. @public */
export function watermarkStatus(status: "idle" | "active"): WatermarkStatus {
  return { kind: "status", status };
}
