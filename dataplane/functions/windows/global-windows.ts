import type { WindowAssignerSpec } from "../../protocol/window-spec.ts";
import { EndOfStreamTrigger, NeverTrigger } from "./fixed-triggers.ts";
import type { Trigger } from "./trigger.ts";
import { GlobalWindow } from "./window.ts";
import { WindowAssigner } from "./window-assigner.ts";

/**
 * One window for all records of a key. It never ends, so it needs a trigger:
 *
 * ```ts
 * readings.keyBy("sensor").window(GlobalWindows.create()).trigger(CountTrigger.of(10)).max("value");
 * ```
 * @public
 */
export class GlobalWindows extends WindowAssigner<unknown, GlobalWindow> {
  readonly #windows = [GlobalWindow.get()] as const;
  readonly #firesAtEnd: boolean;

  /** @internal */
  constructor(firesAtEnd: boolean) {
    super();
    this.#firesAtEnd = firesAtEnd;
  }

  /** Fires when its trigger says so; without one never. */
  static create(): GlobalWindows {
    return new GlobalWindows(false);
  }

  /** Fires once, at the end of input. */
  static createWithEndOfStreamTrigger(): GlobalWindows {
    return new GlobalWindows(true);
  }

  override assignWindows(): readonly GlobalWindow[] {
    return this.#windows;
  }

  override getDefaultTrigger(): Trigger<unknown> {
    return this.#firesAtEnd ? new EndOfStreamTrigger() : new NeverTrigger();
  }

  /** Nothing is ever late. */
  override isEventTime(): boolean {
    return false;
  }

  /** @internal */
  override get spec(): WindowAssignerSpec {
    return { kind: "global", firesAtEnd: this.#firesAtEnd };
  }

  override toString(): string {
    return "GlobalWindows()";
  }
}
