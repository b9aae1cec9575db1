/** Kind `watermarkValve`: the watermarks and idleness of the channels of one input, combined. */
import { type ValveOutput, WatermarkValve } from "../../../dataplane/worker/watermark-valve.ts";
import { compareSequence, type Difference, show } from "../comparison.ts";
import type { Kind } from "../kind.ts";
import { encodeElement, LONG_MAX, type StreamElement } from "../operator.ts";
import {
  decodeBigInt,
  type InputEvent,
  type OperatorDescription,
  type OutputElement,
  type VectorCase,
} from "../vectors.ts";

interface ValveDescription extends OperatorDescription {
  readonly channels: number;
}

export const watermarkValveKind: Kind = { unsupported: () => null, run };

function run(vector: VectorCase): Difference {
  const { channels } = vector.operator as ValveDescription;
  let elements: StreamElement[] = [];
  const output: ValveOutput = {
    watermark(timestamp) {
      elements.push({ kind: "watermark", timestamp });
    },
    status(status) {
      elements.push({ kind: "status", status: status === "idle" ? "IDLE" : "ACTIVE" });
    },
  };
  let valve = new WatermarkValve(channels, output);
  const actual: OutputElement[] = [];
  for (const [at, event] of (vector.input ?? []).entries()) {
    elements = [];
    if ("snapshotAndRestore" in event) valve = new WatermarkValve(channels, output);
    else for (const index of channelsOf(event, channels)) feed(valve, index, event);
    actual.push(...elements.map((element) => ({ ...encodeElement(element), at })));
  }
  return compareSequence(actual, vector.output ?? []);
}

/** An event that names no channel goes to each of them, in order. */
function channelsOf(event: InputEvent, channels: number): number[] {
  if ("input" in event && event.input !== undefined) return [event.input - 1];
  return Array.from({ length: channels }, (_, index) => index);
}

function feed(valve: WatermarkValve, index: number, event: InputEvent): void {
  if ("endOfInput" in event) valve.inputWatermark(index, LONG_MAX);
  else if ("watermark" in event) valve.inputWatermark(index, decodeBigInt(event.watermark));
  else if ("status" in event) valve.inputStatus(index, event.status === "IDLE" ? "idle" : "active");
  else throw new TypeError(`A watermark valve takes no ${show(event)}.`);
}
