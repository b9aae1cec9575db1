/**
 * One segment of a chain at work: which event it handles, how far it is, and where its outputs go.
 *
 *   run      call the segment
 *   ship     hand the rows of its outputs to all that read them, then empty the outputs
 *   wait     for something the host does
 *   forward  hand an event on: one of the segment's own, or the one it handles once it is done with it
 */
import type { BatchBuilder } from "../memory/batch-builder.ts";
import { STATUS_DONE } from "../protocol/status.ts";
import type { Cursor, Segment, SegmentOutput, SourceSegment } from "./segment.ts";
import type { ControlEvent, StreamEvent, TimerEvent } from "./stream-event.ts";

/** Takes what a chain puts out; false = no room, call again with the same argument. */
export interface ChainTarget {
  write(batch: BatchBuilder): boolean;
  writeControl(event: ControlEvent): boolean;
}

/** Who reads an output: segments of the chain and ways out of it. */
export interface StepOutput {
  readonly output: SegmentOutput;
  readonly steps: readonly ChainStep[];
  readonly targets: readonly ChainTarget[];
}

/** A source is asked for rows. */
export interface PollEvent {
  readonly kind: "poll";
}

export type StepEvent = StreamEvent | PollEvent;

export class ChainStep {
  readonly segment: Segment;
  readonly outputs: readonly StepOutput[];
  event: StepEvent = { kind: "poll" };
  phase: "run" | "ship" | "wait" | "forward" = "run";
  /** What phase "forward" hands on; null = `event`. */
  own: ControlEvent | null = null;
  /** What the segment answered last. */
  status = STATUS_DONE;
  /** Place in the walk over outputs and those who read them. */
  outputIndex = 0;
  readerIndex = 0;
  readonly #cursor: Cursor = { row: 0, step: 0 };

  constructor(segment: Segment, outputs: readonly StepOutput[]) {
    this.segment = segment;
    this.outputs = outputs;
  }

  begin(event: StepEvent): void {
    this.event = event;
    this.phase = "run";
    this.status = STATUS_DONE;
    this.#cursor.row = 0;
    this.#cursor.step = 0;
  }

  /** Calls the segment once. */
  run(): void {
    this.status = this.#call();
    this.ship();
  }

  /** Hands out rows, if there are any. */
  ship(): void {
    this.#startWalk("ship");
  }

  /** Hands on an event of the segment's own; null = the one it was called with. */
  forward(own: ControlEvent | null): void {
    this.own = own;
    this.#startWalk("forward");
  }

  /** Whether the event ends at this segment. */
  get keepsEvent(): boolean {
    return this.segment.keeps?.has((this.event as ControlEvent).kind) ?? false;
  }

  get forwarded(): ControlEvent | TimerEvent {
    return this.own ?? (this.event as ControlEvent | TimerEvent);
  }

  #startWalk(phase: "ship" | "forward"): void {
    this.phase = phase;
    this.outputIndex = 0;
    this.readerIndex = 0;
  }

  #call(): number {
    const { event, segment } = this;
    switch (event.kind) {
      case "data":
        return segment.process(event.view, this.#cursor, event.which);
      case "watermark":
        return segment.watermark(event.watermarkMs, this.#cursor);
      case "timer":
        return segment.timer(event.nowMs, this.#cursor);
      case "end":
        return segment.endOfInput(this.#cursor);
      case "poll":
        return (segment as SourceSegment).poll();
      case "status":
        return segment.status?.(event.status, this.#cursor) ?? STATUS_DONE;
      case "barrier":
        return segment.prepareBarrier?.(this.#cursor) ?? STATUS_DONE;
    }
  }
}
