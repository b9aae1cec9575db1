/** Watermark strategies of sources. */

/** How watermarks come to be; so far there is one that makes none. @public */
export interface WatermarkStrategy {
  readonly kind: "no-watermarks";
}

/** @public */
export const WatermarkStrategy = Object.freeze({
  /** No watermarks before the end of input. */
  noWatermarks(): WatermarkStrategy {
    return { kind: "no-watermarks" };
  },
});
