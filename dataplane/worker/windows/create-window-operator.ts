/** Puts a window operator together from what the job graph says of it and the program's functions. */
import type { OperatorSpec } from "../../protocol/deployment.ts";
import type { WindowFoldSpec, WindowSpec } from "../../protocol/window-spec.ts";
import type { Fold } from "../operators/fold-head.ts";
import { ReduceFold } from "../operators/reduce-js.ts";
import { RollingFold } from "../operators/rolling-js.ts";
import type { OperatorHost } from "../operators/stream-operator.ts";
import { UserFunction } from "../operators/user-function.ts";
import { createPrng, randomSeed } from "../prng.ts";
import { StateScope } from "../state/state-scope.ts";
import { Aggregate } from "./aggregate.ts";
import { EventClock } from "./event-clock.ts";
import { MergingWindowSet } from "./merging-window-set.ts";
import { WindowTriggerContext } from "./trigger-context.ts";
import {
  AggregateContents,
  ElementContents,
  FoldContents,
  type WindowContents,
} from "./window-contents.ts";
import {
  aggregatedBy,
  allOf,
  ElementsEvaluation,
  EvictingEvaluation,
  foldedBy,
  ResultEvaluation,
  type Summary,
  type WindowEvaluation,
} from "./window-evaluation.ts";
import {
  ApplyFunction,
  NoWindowState,
  PassThrough,
  ProcessFunction,
  type WindowFunction,
} from "./window-function.ts";
import { JoinFunction } from "./window-join.ts";
import { WindowOperator } from "./window-operator.ts";
import { createAssigner, createEvictor, createTrigger, type FunctionOf } from "./window-parts.ts";

export type WindowOperatorSpec = Extract<OperatorSpec, { readonly kind: "window" }>;

type WindowJoinSpec = Extract<OperatorSpec, { readonly kind: "windowJoin" }>;

export interface WindowOrigin {
  readonly spec: WindowOperatorSpec | WindowJoinSpec;
  readonly subtaskIndex: number;
  /** The program's function, by role. */
  functionOf(role: string): unknown;
}

/** Errors: MR_FUNCTION_INVALID. */
export function createWindowOperator(origin: WindowOrigin, host: OperatorHost): WindowOperator {
  return new WindowOperatorFactory(origin, host).create();
}

type RollingFoldSpec = Extract<WindowFoldSpec, { readonly field: string | number }>;

/** Records as contents or, behind an evictor, as a summary of elements. */
interface Folding {
  readonly summary: Summary;
  contents(): WindowContents;
}

const RANDOM_STEPS = 2 ** 31;

class WindowOperatorFactory {
  readonly #origin: WindowOrigin;
  readonly #window: WindowSpec;
  readonly #host: OperatorHost;
  readonly #clock: EventClock;
  readonly #functions: UserFunction[] = [];
  #fold: Fold | null = null;

  constructor(origin: WindowOrigin, host: OperatorHost) {
    this.#origin = origin;
    this.#window = origin.spec.window;
    this.#host = host;
    this.#clock = new EventClock(host);
  }

  create(): WindowOperator {
    const host = this.#host;
    const clock = this.#clock;
    const { assigner: assignerSpec, trigger, allowedLatenessMs, lateTag } = this.#window;
    const assigner = createAssigner(assignerSpec, this.#functionOf);
    const isEventTime = assigner.isEventTime();
    const prng = createPrng(randomSeed());
    const { contents, evaluation } = this.#evaluation();
    return new WindowOperator({
      host,
      clock,
      timers: isEventTime ? this.#timers.eventTimers : this.#timers.processingTimers,
      assigner,
      assignerContext: {
        getCurrentProcessingTime: () => host.currentProcessingTime(),
        random: () => prng.nextInt(RANDOM_STEPS) / RANDOM_STEPS,
      },
      trigger: createTrigger(trigger, this.#functionOf),
      triggerContext: new WindowTriggerContext({
        host,
        clock,
        scope: new StateScope(this.#state, () => host.currentProcessingTime()),
        ...this.#timers,
      }),
      merging: this.#merges ? new MergingWindowSet(this.#state) : null,
      contents,
      evaluation,
      allowedLatenessMs,
      lateTag,
      firesOnlyAtEnd: this.#firesOnlyAtEnd(isEventTime),
      functions: this.#functions,
      useSchema: (schema) => this.#fold?.useSchema(schema),
    });
  }

  get #merges(): boolean {
    return this.#window.assigner.kind === "session";
  }

  get #state() {
    const { state } = this.#host;
    if (state === null) throw new TypeError("windows have keyed state");
    return state;
  }

  get #timers() {
    const { eventTimers, processingTimers } = this.#host;
    if (eventTimers === null || processingTimers === null) {
      throw new TypeError("windows have timers");
    }
    return { eventTimers, processingTimers };
  }

  #firesOnlyAtEnd(isEventTime: boolean): boolean {
    const { trigger, allowedLatenessMs, evictor } = this.#window;
    const isAtEnd = trigger.kind === (isEventTime ? "event-time" : "processing-time");
    const isGoneThen = !isEventTime || allowedLatenessMs === 0;
    return isAtEnd && isGoneThen && evictor === null && !this.#merges;
  }

  #evaluation(): { contents: WindowContents; evaluation: WindowEvaluation } {
    const { evictor: evictorSpec, fold } = this.#window;
    const fn = this.#windowFunction();
    const folding = this.#folding();
    if (evictorSpec === null) {
      const isElements = fold.kind === "elements";
      const evaluation = isElements ? new ElementsEvaluation(fn) : new ResultEvaluation(fn);
      return { contents: folding.contents(), evaluation };
    }
    const contents = new ElementContents(this.#state, "timestamped");
    const evictor = createEvictor(evictorSpec, this.#functionOf);
    const { summary } = folding;
    const parts = {
      host: this.#host,
      clock: this.#clock,
      evictor,
      contents,
      function: fn,
      summary,
    };
    return { contents, evaluation: new EvictingEvaluation(parts) };
  }

  #folding(): Folding {
    const { fold } = this.#window;
    const state = this.#state;
    if (fold.kind === "elements") {
      return { summary: allOf, contents: () => new ElementContents(state, "records") };
    }
    if (fold.kind === "aggregate") {
      const aggregate = new Aggregate(this.#owner, this.#origin.functionOf("fn"));
      this.#functions.push(aggregate.function);
      const contents = () => new AggregateContents(state, aggregate);
      return { summary: aggregatedBy(aggregate), contents };
    }
    const folded = fold.kind === "reduce" ? this.#reduceFold() : this.#rollingFold(fold);
    this.#fold = folded;
    return { summary: foldedBy(folded), contents: () => new FoldContents(state, folded) };
  }

  #reduceFold(): Fold {
    return new ReduceFold(this.#functionOf("fn", "reduce"), this.#host.runtimeContext);
  }

  #rollingFold({ kind, field, first }: RollingFoldSpec): Fold {
    return new RollingFold({ function: kind, field, first, name: this.#origin.spec.name });
  }

  #windowFunction(): WindowFunction {
    const host = this.#host;
    const { spec } = this.#origin;
    const { call } = this.#window;
    if (spec.kind === "windowJoin") {
      return new JoinFunction(host, this.#functionOf("window", spec.form), spec.form);
    }
    if (call === null) return new PassThrough(host);
    const isKeyed = spec.key !== null;
    if (call === "apply") return new ApplyFunction(host, this.#functionOf("window", call), isKeyed);
    const windowScope = this.#merges
      ? null
      : new StateScope(this.#state, () => host.currentProcessingTime());
    if (host.scope === null) throw new TypeError("windows have keyed state");
    return new ProcessFunction({
      host,
      clock: this.#clock,
      fn: this.#functionOf("window", call),
      clear: this.#clearFunction(),
      isKeyed,
      windowState: windowScope ?? new NoWindowState(host.operatorName),
      windowScope,
      globalState: host.scope,
    });
  }

  /** Of a function object that has one. */
  #clearFunction(): UserFunction | null {
    const fn = this.#origin.functionOf("window") as { clear?: unknown } | (() => unknown);
    const hasClear = typeof fn === "object" && typeof fn.clear === "function";
    return hasClear ? new UserFunction(this.#owner, fn, "clear") : null;
  }

  get #owner() {
    const { spec, subtaskIndex } = this.#origin;
    return { operatorName: spec.name, subtaskIndex };
  }

  /** Functions of "fn" and "window" are opened and closed with the operator. */
  readonly #functionOf: FunctionOf = (role, method) => {
    const fn = new UserFunction(this.#owner, this.#origin.functionOf(role), method);
    if (role === "fn" || role === "window") this.#functions.push(fn);
    return fn;
  };
}
