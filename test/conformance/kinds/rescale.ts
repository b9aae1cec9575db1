/** Kind `rescale`: a keyed operator whose snapshot is restored at another parallelism. */
import {
  javaHash,
  keyGroupOfHash,
  operatorIndexForKeyGroup,
} from "../../../dataplane/formats/java-hash.ts";
import { compareSequence, type Difference, show } from "../comparison.ts";
import type { Engine, Kind, Ran } from "../kind.ts";
import {
  decodeElement,
  encodeElement,
  LONG_MAX,
  type OperatorKind,
  type StreamElement,
} from "../operator.ts";
import { SegmentOperator, type SegmentPlan } from "../segment-operator.ts";
import {
  decodeBigInt,
  type InputEvent,
  type OperatorDescription,
  type OutputContent,
  type OutputElement,
  tupleTypeOf,
  type VectorCase,
} from "../vectors.ts";
import { type KeyedProcessDescription, keyedProcess, keyedProcessPlan } from "./keyed-process.ts";
import { type RollingDescription, rolling, rollingPlan } from "./rolling.ts";
import { type WindowDescription, window, windowPlan } from "./window.ts";

/** A keyed operator. */
interface KeyedDescription extends OperatorDescription {
  readonly keyBy: number | readonly number[];
}

interface RescaleDescription extends OperatorDescription {
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly of: KeyedDescription;
}

interface KeyedKind {
  readonly kind: OperatorKind;
  plan(of: KeyedDescription, types: readonly string[], engine: Engine): SegmentPlan;
}

const KINDS: ReadonlyMap<string, KeyedKind> = new Map<string, KeyedKind>([
  [
    "rolling",
    {
      kind: rolling,
      plan: (of, types, engine) => rollingPlan(of as RollingDescription, types, engine),
    },
  ],
  [
    "keyedProcess",
    {
      kind: keyedProcess,
      plan: (of, types) => keyedProcessPlan(of as KeyedProcessDescription, types),
    },
  ],
  [
    "window",
    {
      kind: window,
      plan: (of, types, engine) => windowPlan(of as WindowDescription, types, engine),
    },
  ],
]);

export const rescaleKind: Kind = { unsupported, run };

function unsupported(vector: VectorCase): string | null {
  const { of } = vector.operator as RescaleDescription;
  const known = KINDS.get(of.kind);
  return known === undefined ? `kind ${of.kind}` : known.kind.unsupported(of);
}

async function run(vector: VectorCase, engine: Engine, ran: Ran): Promise<Difference> {
  const description = vector.operator as RescaleDescription;
  const operator = new ParallelOperator(description, vector.types ?? [], engine);
  const output: OutputElement[] = [];
  await operator.start(description.parallelism);
  try {
    for (const [at, event] of (vector.input ?? []).entries()) {
      if ("rescale" in event) await operator.rescale(event.rescale);
      else if ("snapshotAndRestore" in event) await operator.rescale(operator.parallelism);
      else for (const element of await operator.feed(event)) output.push({ ...element, at });
    }
    for (const used of operator.engines) ran(used);
  } finally {
    await operator.close();
  }
  return compareSequence(output, vector.output ?? []);
}

type SubtaskOutput = OutputContent & { readonly subtask: number };

class ParallelOperator {
  readonly #description: RescaleDescription;
  readonly #types: readonly string[];
  readonly #plan: SegmentPlan;
  #subtasks: readonly SegmentOperator[] = [];

  constructor(description: RescaleDescription, types: readonly string[], engine: Engine) {
    this.#description = description;
    this.#types = types;
    const known = KINDS.get(description.of.kind);
    if (known === undefined) throw new TypeError(`There is no kind ${description.of.kind}.`);
    this.#plan = known.plan(description.of, types, engine);
  }

  get engines(): readonly ("wasm" | "js")[] {
    return this.#subtasks[0]?.engines ?? [];
  }

  get parallelism(): number {
    return this.#subtasks.length;
  }

  async start(parallelism: number): Promise<void> {
    const { maxParallelism } = this.#description;
    this.#subtasks = Array.from(
      { length: parallelism },
      (_, subtaskIndex) =>
        new SegmentOperator({ ...this.#plan, subtaskIndex, parallelism, maxParallelism }),
    );
    for (const subtask of this.#subtasks) await subtask.open();
  }

  async rescale(parallelism: number): Promise<void> {
    const snapshots = this.#subtasks.map((subtask) => subtask.snapshot());
    await this.close();
    await this.start(parallelism);
    for (const subtask of this.#subtasks) subtask.restore(snapshots);
  }

  /** A record goes to the subtask of its key, everything else to all of them. Only records are listed. */
  async feed(event: InputEvent): Promise<SubtaskOutput[]> {
    const output: SubtaskOutput[] = [];
    const target = "record" in event ? this.#subtaskOf(decodeElement(event, this.#types)) : null;
    for (const [subtask, operator] of this.#subtasks.entries()) {
      if (target !== null && target !== subtask) continue;
      for (const element of await this.#feedOne(operator, event)) {
        if (element.kind === "record") output.push({ ...encodeElement(element), subtask });
      }
    }
    return output;
  }

  async close(): Promise<void> {
    for (const subtask of this.#subtasks) await subtask.close();
    this.#subtasks = [];
  }

  async #feedOne(operator: SegmentOperator, event: InputEvent): Promise<StreamElement[]> {
    if ("processingTime" in event) return operator.advanceClock(decodeBigInt(event.processingTime));
    if (!("endOfInput" in event)) return operator.process(decodeElement(event, this.#types));
    const fired = await operator.process({ kind: "watermark", timestamp: LONG_MAX });
    return [...fired, ...(await operator.finish())];
  }

  #subtaskOf(element: StreamElement): number {
    if (element.kind !== "record") throw new TypeError(`${show(element)} is no record.`);
    const { of, maxParallelism } = this.#description;
    const fields = [of.keyBy].flat();
    const values = element.value as readonly unknown[];
    const key = fields.map((field) => values[field]);
    const type = tupleTypeOf(fields.map((field) => this.#types[field] ?? ""));
    const keyGroup = keyGroupOfHash(javaHash(key, type), maxParallelism);
    return operatorIndexForKeyGroup(maxParallelism, this.parallelism, keyGroup);
  }
}
