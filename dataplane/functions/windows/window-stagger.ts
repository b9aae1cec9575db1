import type { WindowStaggerKind } from "../../protocol/window-spec.ts";
import type { WindowAssignerContext } from "./window-assigner.ts";

/** @public */
export type WindowStagger = WindowStaggerKind;

/**
 * How much tumbling windows are shifted in each subtask, so that not all of them fire at once.
 * @public
 */
export const WindowStagger = Object.freeze({
  /** Not at all. */
  ALIGNED: "ALIGNED",
  /** By a random part of the size. */
  RANDOM: "RANDOM",
  /** By how far the clock is into a window when the first record comes. */
  NATURAL: "NATURAL",
} as const satisfies Record<WindowStagger, WindowStagger>);

/** ms. */
export function staggerOffset(
  stagger: WindowStagger,
  sizeMs: number,
  context: WindowAssignerContext,
): number {
  switch (stagger) {
    case "ALIGNED":
      return 0;
    case "RANDOM":
      return Math.floor(context.random() * sizeMs);
    case "NATURAL":
      return context.getCurrentProcessingTime() % sizeMs;
  }
}
