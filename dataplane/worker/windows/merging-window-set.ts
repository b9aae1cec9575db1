/**
 * The windows of each key that may be merged (after Flink's MergingWindowSet). A window keeps its contents
 * under the text of one of the windows it was merged from, its state window, so that a session that grows
 * does not move them.
 *
 * Invariants: no two windows of a key touch; there are no empty lists.
 */

import { TimeWindow } from "../../functions/windows/window.ts";
import type { Long } from "../../protocol/long.ts";
import { asNumber } from "../../protocol/long.ts";
import { type KeyedBackend, NO_NAMESPACE } from "../state/keyed-backend.ts";
import type { StateTable } from "../state/state-table.ts";
import { inSetOrder } from "./window-set-order.ts";

/** As it is kept in state. */
type Session = readonly [start: Long, end: Long, stateWindow: string];

/** Windows that have become one. */
export interface Merge {
  readonly result: TimeWindow;
  /** Without the new window that joined them. */
  readonly merged: readonly TimeWindow[];
  /** Of the result. */
  readonly stateWindow: string;
  /** The other ones. */
  readonly mergedStateWindows: readonly string[];
}

export class MergingWindowSet {
  readonly #table: StateTable;

  constructor(backend: KeyedBackend) {
    this.#table = backend.table("windows/merging");
  }

  /**
   * Adds a window of the current key.
   *
   * @param onMerge called if windows there were have become another one
   * @returns the window it is now, or is now part of
   */
  add(window: TimeWindow, onMerge: (merge: Merge) => void): TimeWindow {
    const sessions = this.#table.get(NO_NAMESPACE) as Session[] | undefined;
    if (sessions === undefined) {
      this.#table.put(NO_NAMESPACE, [sessionOf(window, window.text)]);
      return window;
    }
    const isTouched = ([start, end]: Session) => start <= window.end && end >= window.start;
    const touched = inSetOrder(sessions.filter(isTouched));
    const [first, ...others] = touched;
    if (first === undefined) {
      sessions.push(sessionOf(window, window.text));
      return window;
    }
    const merged = touched.map(windowOf);
    const result = merged.reduce((cover, part) => cover.cover(part), window);
    const [, , stateWindow] = first;
    const isSame = others.length === 0 && first[0] === result.start && first[1] === result.end;
    if (isSame) return result;
    const rest = sessions.filter((session) => !touched.includes(session));
    sessions.splice(0, sessions.length, ...rest, sessionOf(result, stateWindow));
    const mergedStateWindows = others.map(([, , text]) => text);
    onMerge({ result, merged, stateWindow, mergedStateWindows });
    return result;
  }

  /** Where the contents of a window of the current key are; undefined = there is no such window. */
  stateWindowOf(window: TimeWindow): string | undefined {
    const sessions = (this.#table.get(NO_NAMESPACE) as readonly Session[] | undefined) ?? [];
    return sessions.find((session) => isSession(session, window))?.[2];
  }

  /** Forgets a window of the current key. */
  retire(window: TimeWindow): void {
    const sessions = (this.#table.get(NO_NAMESPACE) as Session[] | undefined) ?? [];
    const index = sessions.findIndex((session) => isSession(session, window));
    if (index < 0) throw new TypeError(`${window} is not in flight`);
    if (sessions.length === 1) this.#table.remove(NO_NAMESPACE);
    else sessions.splice(index, 1);
  }
}

function sessionOf({ start, end }: TimeWindow, stateWindow: string): Session {
  return [start, end, stateWindow];
}

function windowOf([start, end]: Session): TimeWindow {
  return new TimeWindow(asNumber(start), asNumber(end));
}

function isSession([start, end]: Session, window: TimeWindow): boolean {
  return start === window.start && end === window.end;
}
