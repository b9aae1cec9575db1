/**
 * The keys of all events, made beforehand, and what the source says about itself; the splits are made on the
 * benchmark's thread.
 */
import { SharedInput } from "../jobs/shared-input.ts";
import { RowRandom } from "../random.ts";

export const KEY_COUNT = 10_000;

export interface LatencyInput {
  /** Event i has the key keys[i]. */
  readonly keys: Uint16Array;
  /** One element: ms that the source was late at worst, after the warm-up. */
  readonly worstLagMs: Float64Array;
}

export const latencyInput = new SharedInput<LatencyInput>("latency-input");

/** key = (rnd(i) >>> 32) mod KEY_COUNT */
export function createLatencyInput(events: number): LatencyInput {
  const keys = new Uint16Array(new SharedArrayBuffer(events * 2));
  const random = new RowRandom();
  for (let event = 0; event < events; event++) {
    random.at(event);
    keys[event] = random.high % KEY_COUNT;
  }
  return { keys, worstLagMs: new Float64Array(new SharedArrayBuffer(8)) };
}

/** ts = floor(i * 1000 / rate) */
export function eventTimeMs(event: number, rate: number): number {
  return Math.floor((event * 1000) / rate);
}
