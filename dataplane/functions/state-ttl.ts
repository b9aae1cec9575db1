/** Time to live of keyed state, in processing time: how long a value stays that nobody writes (or reads). */
import { durationMs, type TimeSpan } from "../protocol/duration.ts";
import { EngineError } from "../protocol/errors.ts";

/** What makes a value live on. @public */
export type TtlUpdateType = "Disabled" | "OnCreateAndWrite" | "OnReadAndWrite";

/** Whether a value that has expired, but is still there, may be seen. @public */
export type TtlStateVisibility = "NeverReturnExpired" | "ReturnExpiredIfNotCleanedUp";

interface TtlOptions {
  readonly ttlMs: number;
  readonly updateType: TtlUpdateType;
  readonly stateVisibility: TtlStateVisibility;
  /** Entries that every access to the state looks at, to remove those that have expired. */
  readonly cleanupSize: number;
}

const DEFAULT_CLEANUP_SIZE = 5;

/**
 * Time to live of a state, for StateDescriptor.enableTimeToLive(). Elements of lists and entries of maps
 * each have a life of their own.
 *
 * ```ts
 * const ttl = StateTtlConfig.newBuilder(Duration.ofHours(1)).updateTtlOnReadAndWrite().build();
 * ```
 * @public
 */
export class StateTtlConfig {
  static readonly UpdateType = Object.freeze({
    Disabled: "Disabled",
    OnCreateAndWrite: "OnCreateAndWrite",
    OnReadAndWrite: "OnReadAndWrite",
  } as const satisfies Record<TtlUpdateType, TtlUpdateType>);
  static readonly StateVisibility = Object.freeze({
    NeverReturnExpired: "NeverReturnExpired",
    ReturnExpiredIfNotCleanedUp: "ReturnExpiredIfNotCleanedUp",
  } as const satisfies Record<TtlStateVisibility, TtlStateVisibility>);

  readonly #options: TtlOptions;

  /** @internal */
  constructor(options: TtlOptions) {
    this.#options = options;
  }

  /** @param ttl ms, text such as "1 h", or a Duration; from 1 ms. Throws MR_FUNCTION_INVALID. */
  static newBuilder(ttl: TimeSpan): StateTtlConfigBuilder {
    return new StateTtlConfigBuilder(ttl);
  }

  isEnabled(): boolean {
    return this.#options.updateType !== "Disabled";
  }

  /** ms. */
  getTimeToLive(): number {
    return this.#options.ttlMs;
  }

  getUpdateType(): TtlUpdateType {
    return this.#options.updateType;
  }

  getStateVisibility(): TtlStateVisibility {
    return this.#options.stateVisibility;
  }

  /** Entries per access; 0 = no cleanup in the background. */
  getCleanupSize(): number {
    return this.#options.cleanupSize;
  }
}

/** Made by StateTtlConfig.newBuilder(). @public */
export class StateTtlConfigBuilder {
  #options: TtlOptions;

  /** @internal */
  constructor(ttl: TimeSpan) {
    const operation = "StateTtlConfig.newBuilder()";
    const ttlMs = durationMs(ttl, operation);
    if (ttlMs <= 0) throw invalid(operation, "a time above 0 ms", ttlMs);
    this.#options = {
      ttlMs,
      updateType: "OnCreateAndWrite",
      stateVisibility: "NeverReturnExpired",
      cleanupSize: DEFAULT_CLEANUP_SIZE,
    };
  }

  /** Throws MR_FUNCTION_INVALID. */
  setUpdateType(updateType: TtlUpdateType): this {
    checkOneOf(updateType, Object.values(StateTtlConfig.UpdateType), "setUpdateType()");
    return this.#set({ updateType });
  }

  updateTtlOnCreateAndWrite(): this {
    return this.#set({ updateType: "OnCreateAndWrite" });
  }

  updateTtlOnReadAndWrite(): this {
    return this.#set({ updateType: "OnReadAndWrite" });
  }

  /** Throws MR_FUNCTION_INVALID. */
  setStateVisibility(stateVisibility: TtlStateVisibility): this {
    const known = Object.values(StateTtlConfig.StateVisibility);
    checkOneOf(stateVisibility, known, "setStateVisibility()");
    return this.#set({ stateVisibility });
  }

  neverReturnExpired(): this {
    return this.#set({ stateVisibility: "NeverReturnExpired" });
  }

  returnExpiredIfNotCleanedUp(): this {
    return this.#set({ stateVisibility: "ReturnExpiredIfNotCleanedUp" });
  }

  /** The only time there is for this, as in Flink. */
  useProcessingTime(): this {
    return this;
  }

  /** Every access to the state looks at `cleanupSize` entries of any keys (5 if never called). Throws MR_FUNCTION_INVALID. */
  cleanupIncrementally(cleanupSize: number): this {
    if (!Number.isSafeInteger(cleanupSize) || cleanupSize < 1) {
      throw invalid("cleanupIncrementally()", "an integer from 1", cleanupSize);
    }
    return this.#set({ cleanupSize });
  }

  /** What has expired goes only when it is asked for. */
  disableCleanupInBackground(): this {
    return this.#set({ cleanupSize: 0 });
  }

  build(): StateTtlConfig {
    return new StateTtlConfig(this.#options);
  }

  #set(change: Partial<TtlOptions>): this {
    this.#options = { ...this.#options, ...change };
    return this;
  }
}

function checkOneOf(value: string, known: readonly string[], operation: string): void {
  if (!known.includes(value)) throw invalid(operation, known.join(" or "), value);
}

function invalid(operation: string, expected: string, actual: unknown): EngineError {
  return new EngineError("MR_FUNCTION_INVALID", { operation, expected, actual: String(actual) });
}
