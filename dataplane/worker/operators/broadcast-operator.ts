/** Functions of a stream (keyed or not) and a broadcast one: input 0 reads broadcast state, input 1 writes it. */
import type {
  BroadcastOnTimerContext,
  BroadcastState,
  KeyedBroadcastContext,
  ReadOnlyBroadcastState,
} from "../../functions/broadcast.ts";
import type { TimerService } from "../../functions/process.ts";
import type { MapStateDescriptor, StateDescriptor, StateOf } from "../../functions/state.ts";
import { EngineError } from "../../protocol/errors.ts";
import type { BroadcastStates } from "../state/broadcast-state.ts";
import { FunctionContext } from "./function-context.ts";
import { ProcessOperator } from "./process-operator.ts";
import type { OperatorHost } from "./stream-operator.ts";
import { UserCalls } from "./user-calls.ts";
import { type FunctionOwner, UserFunction } from "./user-function.ts";

/** Errors: MR_FUNCTION_INVALID. */
export function createBroadcastOperator(
  object: unknown,
  owner: FunctionOwner,
  host: OperatorHost,
): ProcessOperator {
  const { broadcastStates: states } = host;
  if (states === null) throw new TypeError(`${host.operatorName} has no broadcast state`);
  const fn = new UserFunction(owner, object, "processElement");
  const broadcastFn = new UserFunction(owner, object, "processBroadcastElement");
  const calls = new UserCalls(host);
  const reading = new ReadingContext(host, calls, states);
  const writing = new WritingContext(host, calls, states);
  const onTimer = fn.optional("onTimer");
  return new ProcessOperator({
    host,
    fn,
    calls,
    elements: [
      { fn: fn.call, context: reading },
      { fn: broadcastFn.call, context: writing },
    ],
    onTimer: onTimer && { fn: onTimer, context: reading },
  });
}

abstract class BroadcastFunctionContext extends FunctionContext {
  protected readonly states: BroadcastStates;

  constructor(host: OperatorHost, calls: UserCalls, states: BroadcastStates) {
    super(host, calls);
    this.states = states;
  }

  currentProcessingTime(): number {
    return super.timerService().currentProcessingTime();
  }

  currentWatermark(): number {
    return super.timerService().currentWatermark();
  }
}

class ReadingContext extends BroadcastFunctionContext implements BroadcastOnTimerContext<unknown> {
  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): ReadOnlyBroadcastState<K, V> {
    return this.states.readOnly(descriptor);
  }
}

class WritingContext extends BroadcastFunctionContext implements KeyedBroadcastContext<unknown> {
  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): BroadcastState<K, V> {
    return this.states.writable(descriptor);
  }

  /** Errors: MR_STATE_NOT_KEYED, MR_STATE_KIND. */
  applyToKeyedState<D extends StateDescriptor>(
    descriptor: D,
    fn: (key: unknown, state: StateOf<D>) => void,
  ): void {
    const { state, scope, operatorName: task } = this.host;
    if (state === null || scope === null) {
      throw new EngineError("MR_STATE_NOT_KEYED", { task, operation: "applyToKeyedState()" });
    }
    const handle = scope.stateOf(descriptor) as StateOf<D>;
    // All at once: the function may add to the state of other keys, or clear that of its own.
    for (const { key, keyGroup } of scope.entriesOf(descriptor)) {
      state.atKey(key, keyGroup, () => fn(state.currentKey, handle));
    }
  }

  /** Not part of its type. Errors: MR_BROADCAST_NO_KEY. */
  override timerService(): TimerService {
    throw this.#noKey("timers");
  }

  override getCurrentKey(): unknown {
    throw this.#noKey("getCurrentKey()");
  }

  #noKey(what: string): EngineError {
    return new EngineError("MR_BROADCAST_NO_KEY", { operator: this.host.operatorName, what });
  }
}
