/** Kind `keyedProcess`: the scripts of timers and of state. */
import {
  StateTtlConfig,
  type TtlStateVisibility,
  type TtlUpdateType,
} from "../../../control/index.ts";
import type { BatchType, OperatorSpec } from "../../../dataplane/protocol/deployment.ts";
import type { OperatorKind } from "../operator.ts";
import { SegmentOperator, type SegmentPlan } from "../segment-operator.ts";
import { type OperatorDescription, tupleTypeOf } from "../vectors.ts";
import { StateScript } from "./state-script.ts";
import { TimerScript } from "./timer-script.ts";

export interface KeyedProcessDescription extends OperatorDescription {
  readonly keyBy: number | readonly number[];
  readonly function: string;
  readonly ttl?: {
    readonly ms: number;
    readonly updateType: TtlUpdateType;
    readonly visibility: TtlStateVisibility;
  };
}

interface Script {
  readonly outputTypes: readonly string[];
  create(description: KeyedProcessDescription): object;
}

const SCRIPTS: ReadonlyMap<string, Script> = new Map<string, Script>([
  [
    "timerScript",
    { outputTypes: ["STRING", "STRING", "LONG", "LONG"], create: () => new TimerScript() },
  ],
  [
    "stateScript",
    {
      outputTypes: ["STRING", "STRING", "STRING"],
      create: (description) => new StateScript(ttlOf(description)),
    },
  ],
]);

const SIDE_TYPES = ["STRING", "STRING", "LONG"];

export const keyedProcess: OperatorKind = {
  unsupported: (description) => {
    const { function: name } = description as KeyedProcessDescription;
    return SCRIPTS.has(name) ? null : `process function ${name}`;
  },
  create: (description, types) =>
    new SegmentOperator(keyedProcessPlan(description as KeyedProcessDescription, types)),
};

/** The only subtask of the operator. */
export function keyedProcessPlan(
  description: KeyedProcessDescription,
  types: readonly string[],
): SegmentPlan {
  const { function: name, keyBy } = description;
  const script = SCRIPTS.get(name);
  if (script === undefined) throw new TypeError(`There is no function ${name}.`);
  const spec: OperatorSpec = {
    id: "process",
    name: "KeyedProcess",
    kind: "process",
    form: "process",
    engine: "js",
    input: null,
    inputType: batchType(types),
    outputType: batchType(script.outputTypes),
    sideOutputs: [{ tag: "side", type: batchType(SIDE_TYPES) }],
    key: { kind: "fields", fields: [keyBy].flat() },
  };
  const createFunction = () => script.create(description);
  return { spec, createFunction, subtaskIndex: 0, parallelism: 1, maxParallelism: 128 };
}

function batchType(types: readonly string[]): BatchType {
  return { record: tupleTypeOf(types), key: null };
}

function ttlOf({ ttl }: KeyedProcessDescription): StateTtlConfig | null {
  if (ttl === undefined) return null;
  return StateTtlConfig.newBuilder(ttl.ms)
    .setUpdateType(ttl.updateType)
    .setStateVisibility(ttl.visibility)
    .disableCleanupInBackground()
    .build();
}
