/** Windows as a program defines them, and the checks on what it gives. */
import { checkMethods } from "../../dataplane/functions/checks.ts";
import { OutputTag } from "../../dataplane/functions/output-tag.ts";
import { classNameOf } from "../../dataplane/functions/windows/class-name.ts";
import type { Evictor } from "../../dataplane/functions/windows/evictor.ts";
import { checkTrigger } from "../../dataplane/functions/windows/purging-trigger.ts";
import { SessionWindows } from "../../dataplane/functions/windows/session-windows.ts";
import type { Trigger } from "../../dataplane/functions/windows/trigger.ts";
import type { WindowAssigner } from "../../dataplane/functions/windows/window-assigner.ts";
import type { WindowJoinForm } from "../../dataplane/protocol/deployment.ts";
import { durationMs, type TimeSpan } from "../../dataplane/protocol/duration.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { WindowFoldSpec, WindowFunctionKind } from "../../dataplane/protocol/window-spec.ts";
import { describeValue } from "../common/describe-value.ts";
import type { NodeKind } from "../plan/stream-graph.ts";
import { checkFunction, checkObject, invalidFunction } from "./functions.ts";

type WindowNodeKind = Extract<NodeKind, { readonly kind: "window" }>;
type AnyAssigner = WindowAssigner<never>;
type AnyTrigger = Trigger<never, never>;
type AnyEvictor = Evictor<never, never>;

/** What becomes of the records of a window, and the functions it takes. */
export interface WindowUse {
  readonly fold: WindowFoldSpec;
  /** Of reduce() and aggregate(). */
  readonly fn?: unknown;
  /** What gets the result, or the elements. */
  readonly window?: WindowCall;
}

export interface WindowCall {
  readonly kind: WindowFunctionKind;
  readonly fn: unknown;
}

export class WindowDefinition {
  readonly #assigner: AnyAssigner;
  #trigger: AnyTrigger;
  #evictor: AnyEvictor | null = null;
  #allowedLatenessMs = 0;
  #lateTag: string | null = null;

  /** Throws MR_FUNCTION_INVALID. */
  constructor(assigner: AnyAssigner, operation: string) {
    const methods = ["assignWindows", "getDefaultTrigger", "isEventTime"];
    this.#assigner = checkMethods(assigner, operation, methods, "a WindowAssigner");
    this.#trigger = assigner.getDefaultTrigger();
  }

  /** Throws MR_FUNCTION_INVALID, MR_GRAPH_INVALID. */
  setTrigger(trigger: AnyTrigger): void {
    checkTrigger(trigger, "trigger()");
    if (this.#assigner instanceof SessionWindows && !trigger.canMerge()) {
      throw refused(
        "A merging window assigner cannot be used with a trigger that does not support merging.",
      );
    }
    this.#trigger = trigger;
  }

  /** Throws MR_FUNCTION_INVALID. */
  setEvictor(evictor: AnyEvictor): void {
    const methods = ["evictBefore", "evictAfter"];
    this.#evictor = checkMethods(evictor, "evictor()", methods, "an Evictor");
  }

  /** Throws MR_FUNCTION_INVALID, MR_GRAPH_INVALID. */
  setAllowedLateness(lateness: TimeSpan): void {
    const ms = durationMs(lateness, "allowedLateness()");
    if (ms < 0) throw refused("The allowed lateness cannot be negative.");
    this.#allowedLatenessMs = ms;
  }

  /** Throws MR_FUNCTION_INVALID. */
  setLateTag(tag: unknown): void {
    if (!(tag instanceof OutputTag)) {
      throw invalidFunction("sideOutputLateData()", "an OutputTag", describeValue(tag));
    }
    this.#lateTag = tag.id;
  }

  /** Of two streams whose records are elements of the same windows. */
  joinKind(form: WindowJoinForm, fn: unknown): NodeKind {
    const use: WindowUse = { fold: { kind: "elements" }, window: { kind: "apply", fn } };
    const { description, ...windows } = this.nodeKind(use, true);
    return {
      ...windows,
      kind: "windowJoin",
      isKeyed: true,
      form,
      description: `${form} ${description}`,
    };
  }

  nodeKind({ fold, fn, window }: WindowUse, isKeyed: boolean): WindowNodeKind {
    const assigner = this.#assigner;
    const trigger = this.#trigger;
    const evictor = this.#evictor;
    const parts = [
      assigner,
      trigger,
      ...(evictor === null ? [] : [evictor]),
      useText(fold, window),
    ];
    return {
      kind: "window",
      isKeyed,
      assignerName: classNameOf(assigner),
      description: `Window(${parts.map(textOf).join(", ")})`,
      window: {
        assigner: assigner.spec,
        trigger: trigger.spec,
        evictor: evictor?.spec ?? null,
        allowedLatenessMs: this.#allowedLatenessMs,
        lateTag: this.#lateTag,
        fold,
        call: window?.kind ?? null,
      },
      functions: {
        ...assignerFunctions(assigner),
        ...(needsFunction(trigger.spec) ? { trigger: trigger.custom } : {}),
        ...(evictor !== null && isCustom(evictor.spec) ? { evictor: evictor.custom } : {}),
        ...(fn === undefined ? {} : { fn }),
        ...(window === undefined ? {} : { window: window.fn }),
      },
    };
  }
}

/** process() of a lambda or an object, or apply() of an object. Throws MR_FUNCTION_INVALID. */
export function windowCall(fn: unknown, operation: string): WindowCall {
  const isApply = typeof (fn as { apply?: unknown } | null)?.apply === "function";
  const kind = typeof fn !== "function" && isApply ? "apply" : "process";
  checkFunction(fn, { operation, method: kind });
  return { kind, fn };
}

/** Throws MR_FUNCTION_INVALID. */
export function checkAggregate(fn: unknown): void {
  const methods = ["createAccumulator", "add", "getResult", "merge"];
  checkObject(fn, "aggregate()", "an AggregateFunction", methods);
}

function useText(fold: WindowFoldSpec, window: WindowCall | undefined): string {
  if ("field" in fold) return `${fold.kind}(${fold.field}${fold.first ? "" : ", false"})`;
  const names = fold.kind === "elements" ? [] : [fold.kind];
  return [...names, ...(window === undefined ? [] : [window.kind])]
    .map((name) => `${name}()`)
    .join(" -> ");
}

/** Of a part of the program: its class, unless it says more. */
function textOf(part: object | string): string {
  const text = String(part);
  return typeof part === "object" && text === "[object Object]" ? classNameOf(part) : text;
}

function assignerFunctions(assigner: AnyAssigner): Readonly<Record<string, unknown>> {
  const { spec } = assigner;
  if (spec.kind === "custom") return { assigner: assigner.custom };
  return spec.kind === "session" && spec.gapMs === null ? { gap: assigner.custom } : {};
}

function needsFunction(spec: AnyTrigger["spec"]): boolean {
  return "of" in spec ? needsFunction(spec.of) : isCustom(spec);
}

function isCustom({ kind }: { readonly kind: string }): boolean {
  return kind === "custom" || kind === "delta";
}

function refused(message: string): EngineError {
  return new EngineError("MR_GRAPH_INVALID", { message });
}
