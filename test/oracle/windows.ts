/**
 * Tumbling and sliding windows of event time, record by record and window by window, by the rules of
 * Flink's WindowOperator: slow and easy to follow.
 */
const LONG_MIN = -(2n ** 63n);

export interface OracleRecord {
  readonly key: string;
  readonly time: bigint;
  readonly record: unknown;
}

export interface OracleResult {
  readonly key: string;
  readonly time: bigint;
  readonly record: unknown;
}

export interface OracleWindows {
  readonly size: bigint;
  readonly slide: bigint;
  readonly offset: bigint;
  readonly allowedLateness: bigint;
  fold(accumulated: unknown, record: unknown): unknown;
}

interface OpenWindow {
  readonly key: string;
  readonly maxTimestamp: bigint;
  accumulated: unknown;
  willFire: boolean;
}

export class WindowOracle {
  readonly #options: OracleWindows;
  #watermark = LONG_MIN;
  #open: OpenWindow[] = [];
  readonly late: unknown[] = [];

  constructor(options: OracleWindows) {
    this.#options = options;
  }

  get openCount(): number {
    return this.#open.length;
  }

  process({ key, time, record }: OracleRecord): OracleResult[] {
    const { allowedLateness, fold } = this.#options;
    const results: OracleResult[] = [];
    let isSkipped = true;
    for (const maxTimestamp of this.#windowsOf(time)) {
      if (maxTimestamp + allowedLateness <= this.#watermark) continue;
      isSkipped = false;
      let window = this.#open.find((one) => one.key === key && one.maxTimestamp === maxTimestamp);
      if (window === undefined) {
        window = { key, maxTimestamp, accumulated: record, willFire: false };
        this.#open.push(window);
      } else {
        window.accumulated = fold(window.accumulated, record);
      }
      if (maxTimestamp > this.#watermark) window.willFire = true;
      else results.push({ key, time: maxTimestamp, record: window.accumulated });
    }
    if (isSkipped && time + allowedLateness <= this.#watermark) this.late.push(record);
    return results;
  }

  watermark(watermark: bigint): OracleResult[] {
    this.#watermark = watermark;
    const due = this.#open.filter((one) => one.willFire && one.maxTimestamp <= watermark);
    due.sort((a, b) => (a.maxTimestamp < b.maxTimestamp ? -1 : 1));
    for (const window of due) window.willFire = false;
    const results = due.map(({ key, maxTimestamp, accumulated }) => {
      return { key, time: maxTimestamp, record: accumulated };
    });
    const { allowedLateness } = this.#options;
    this.#open = this.#open.filter((one) => one.maxTimestamp + allowedLateness > watermark);
    return results;
  }

  /** As after a restore: the watermark is not part of the state. */
  forgetWatermark(): void {
    this.#watermark = LONG_MIN;
  }

  /** Last times of the windows of a time, the latest first. */
  #windowsOf(time: bigint): bigint[] {
    const { size, slide, offset } = this.#options;
    const distance = time - offset;
    const rest = ((distance % slide) + slide) % slide;
    const found: bigint[] = [];
    for (let start = time - rest; start > time - size; start -= slide)
      found.push(start + size - 1n);
    return found;
  }
}
