/** Harnesses of one function each, under the names of Flink. */
import type {
  BroadcastContext,
  BroadcastOnTimerContext,
  BroadcastProcessFunctionOf,
  KeyedBroadcastContext,
  KeyedReadOnlyBroadcastContext,
  ReadOnlyBroadcastContext,
} from "../../dataplane/functions/broadcast.ts";
import type { CoProcessFunctionOf } from "../../dataplane/functions/co-process.ts";
import type {
  KeyedOnTimerContext,
  KeyedProcessContext,
  OnTimerContext,
  ProcessContext,
  ProcessFunctionOf,
} from "../../dataplane/functions/process.ts";
import type { MapStateDescriptor } from "../../dataplane/functions/state.ts";
import type { RecordValue } from "../api/functions.ts";
import {
  createHarness,
  createTwoInputHarness,
  type OneInputHarness,
  type OneInputOptions,
  type TwoInputHarness,
  type TwoInputOptions,
} from "./create-harness.ts";

type AnyMapState = MapStateDescriptor<never, never>;
type Descriptors = readonly [AnyMapState, ...(readonly AnyMapState[])];

/**
 * A harness around one function: Flink's class of this name. Anything else, and several operators
 * at once, are created with createHarness().
 *
 * ```ts
 * const harness = await ProcessFunctionTestHarnesses.forKeyedProcessFunction(
 *   new CountWithTimeout(),
 *   (event: Event) => event.user,
 * );
 * ```
 * @public
 */
export const ProcessFunctionTestHarnesses = Object.freeze({
  forProcessFunction<IN, OUT extends RecordValue>(
    fn: ProcessFunctionOf<ProcessContext, OnTimerContext, IN, OUT>,
    options: OneInputOptions<IN> = {},
  ): Promise<OneInputHarness<IN, OUT>> {
    return createHarness((input) => input.process(fn), options);
  },

  forKeyedProcessFunction<K extends RecordValue, IN, OUT extends RecordValue>(
    fn: ProcessFunctionOf<KeyedProcessContext<K>, KeyedOnTimerContext<K>, IN, OUT>,
    key: (value: IN) => K,
    options: OneInputOptions<IN> = {},
  ): Promise<OneInputHarness<IN, OUT>> {
    return createHarness((input) => input.keyBy(key).process(fn), options);
  },

  forCoProcessFunction<IN1, IN2, OUT extends RecordValue>(
    fn: CoProcessFunctionOf<ProcessContext, OnTimerContext, IN1, IN2, OUT>,
    options: TwoInputOptions<IN1, IN2> = {},
  ): Promise<TwoInputHarness<IN1, IN2, OUT>> {
    return createTwoInputHarness((first, second) => first.connect(second).process(fn), options);
  },

  forKeyedCoProcessFunction<K extends RecordValue, IN1, IN2, OUT extends RecordValue>(
    fn: CoProcessFunctionOf<KeyedProcessContext<K>, KeyedOnTimerContext<K>, IN1, IN2, OUT>,
    key1: (value: IN1) => K,
    key2: (value: IN2) => K,
    options: TwoInputOptions<IN1, IN2> = {},
  ): Promise<TwoInputHarness<IN1, IN2, OUT>> {
    return createTwoInputHarness(
      (first, second) => first.keyBy(key1).connect(second.keyBy(key2)).process(fn),
      options,
    );
  },

  /** The second input is broadcast. */
  forBroadcastProcessFunction<IN1, IN2, OUT extends RecordValue>(
    fn: BroadcastProcessFunctionOf<
      ReadOnlyBroadcastContext,
      BroadcastContext,
      never,
      IN1,
      IN2,
      OUT
    >,
    states: Descriptors,
    options: TwoInputOptions<IN1, IN2> = {},
  ): Promise<TwoInputHarness<IN1, IN2, OUT>> {
    return createTwoInputHarness(
      (first, second) => first.connect(second.broadcast(...states)).process(fn),
      options,
    );
  },

  /** The second input is broadcast. */
  forKeyedBroadcastProcessFunction<K extends RecordValue, IN1, IN2, OUT extends RecordValue>(
    fn: BroadcastProcessFunctionOf<
      KeyedReadOnlyBroadcastContext<K>,
      KeyedBroadcastContext<K>,
      BroadcastOnTimerContext<K>,
      IN1,
      IN2,
      OUT
    >,
    key: (value: IN1) => K,
    states: Descriptors,
    options: TwoInputOptions<IN1, IN2> = {},
  ): Promise<TwoInputHarness<IN1, IN2, OUT>> {
    return createTwoInputHarness(
      (first, second) =>
        first
          .keyBy(key)
          .connect(second.broadcast(...states))
          .process(fn),
      options,
    );
  },
});
