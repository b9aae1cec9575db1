/**
 * The JobGraph as a JSON Schema: single source of its TypeScript type (job-graph.ts) and of the
 * published docs/reference/job-graph.schema.json. Version 1; a change that old readers would
 * misunderstand raises the version.
 */
import { Type } from "typebox";
import { CheckpointingSpec, RestartStrategySpec } from "./checkpoint-schema.ts";
import { closed, oneOf, orNull } from "./schema-parts.ts";
import { TriggerSpec, WindowAssignerSpec, WindowSpec } from "./window-schema.ts";

const Field = Type.Union([Type.String(), Type.Integer({ minimum: 0 })]);
const Id = Type.String({ pattern: "^[0-9a-f]{32}$" });

const DataType = Type.Union(
  [
    Type.Object(
      {
        kind: oneOf(
          "STRING",
          "NUMBER",
          "DOUBLE",
          "INT",
          "LONG",
          "BIGINT",
          "BOOLEAN",
          "TIMESTAMP",
          "BYTES",
          "GENERIC",
        ),
      },
      closed,
    ),
    Type.Object({ kind: Type.Literal("TUPLE"), fields: Type.Array(Type.Ref("DataType")) }, closed),
    Type.Object(
      {
        kind: Type.Literal("ROW"),
        fields: Type.Array(
          Type.Object({ name: Type.String(), type: Type.Ref("DataType") }, closed),
        ),
      },
      closed,
    ),
    Type.Object({ kind: Type.Literal("LIST"), element: Type.Ref("DataType") }, closed),
  ],
  { description: "Type of a value; protocol/types.ts says which JavaScript value each one is." },
);

const BatchType = Type.Object(
  { record: Type.Ref("DataType"), key: orNull(Type.Ref("DataType")) },
  { ...closed, description: "Rows on an edge: the record's columns and a key column behind them." },
);

const KeySpec = Type.Union([
  Type.Object(
    { kind: Type.Literal("fields"), fields: Type.Array(Type.Integer({ minimum: 0 })) },
    closed,
  ),
  Type.Object({ kind: Type.Literal("key-column") }, closed),
]);

const KeySelectorSpec = Type.Union([
  Type.Object({ kind: Type.Literal("function") }, closed),
  Type.Object({ kind: Type.Literal("field"), field: Field }, closed),
  Type.Object({ kind: Type.Literal("fields"), fields: Type.Array(Field) }, closed),
]);

const Program = Type.Object(
  {},
  { description: "A user function as typed IR (control/compiler/ir.ts), where it is compiled." },
);

const PartitionerSpec = Type.Union([
  Type.Object(
    { kind: oneOf("forward", "rebalance", "rescale", "broadcast", "shuffle", "global") },
    closed,
  ),
  Type.Object(
    {
      kind: Type.Literal("hash"),
      key: Type.Ref("KeySpec"),
      maxParallelism: Type.Integer({ minimum: 1 }),
    },
    closed,
  ),
  Type.Object(
    {
      kind: Type.Literal("custom"),
      functionId: Type.String(),
      selector: Type.Ref("KeySelectorSpec"),
      module: orNull(Type.String()),
      program: orNull(Program),
      /** Why it is JavaScript. */
      reason: orNull(Type.String()),
    },
    closed,
  ),
]);

const operatorBase = {
  id: Id,
  name: Type.String(),
  input: orNull(Id),
  /** Which output of that operator; absent = the main one. */
  inputOutput: Type.Optional(Type.Integer({ minimum: 1 })),
  /** Side outputs that are read: output 1 and up. */
  sideOutputs: Type.Optional(
    Type.Array(Type.Object({ tag: Type.String(), type: orNull(Type.Ref("BatchType")) }, closed), {
      minItems: 1,
    }),
  ),
  inputType: orNull(Type.Ref("BatchType")),
  outputType: orNull(Type.Ref("BatchType")),
  engine: oneOf("wasm", "js"),
  /** Why it is what it is; null where there is nothing to say. */
  reason: orNull(Type.String()),
  description: Type.String(),
  uid: orNull(Type.String()),
};

const TwoInputPart = Type.Object(
  { type: orNull(Type.Ref("BatchType")), key: orNull(Type.Ref("KeySpec")) },
  closed,
);
/** Of operators with two inputs: what comes by each. */
const inputs = Type.Tuple([TwoInputPart, TwoInputPart]);
const WatermarksSpec = Type.Object(
  {
    generator: Type.Union([
      Type.Object({ kind: oneOf("none", "function") }, closed),
      Type.Object(
        { kind: Type.Literal("max-timestamp"), lagMs: Type.Integer({ minimum: 0 }) },
        closed,
      ),
    ]),
    assigner: Type.Boolean(),
    idlenessMs: orNull(Type.Integer({ minimum: 1 })),
    intervalMs: Type.Integer({ minimum: 0 }),
    alignment: Type.Optional(
      Type.Object(
        {
          group: Type.String(),
          maxDriftMs: Type.Integer({ minimum: 0 }),
          updateIntervalMs: Type.Integer({ minimum: 1 }),
        },
        { ...closed, description: "Sources of the same group wait for each other." },
      ),
    ),
  },
  {
    ...closed,
    description:
      "How watermarks come to be: max-timestamp is the largest timestamp so far less lagMs.",
  },
);

const AsyncRetrySpec = Type.Union([
  Type.Object(
    {
      kind: Type.Literal("backoff"),
      /** Retries at most. */
      maxAttempts: Type.Integer({ minimum: 1 }),
      initialDelayMs: Type.Integer({ minimum: 1 }),
      maxDelayMs: Type.Integer({ minimum: 1 }),
      multiplier: Type.Number({ minimum: 1 }),
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal("custom") }, closed),
]);

const Operator = Type.Union([
  Type.Object(
    {
      ...operatorBase,
      kind: Type.Literal("source"),
      watermarks: Type.Optional(Type.Ref("WatermarksSpec")),
      /** Of its timestamp assigner, a LONG of a record. */
      module: orNull(Id),
      program: orNull(Program),
    },
    closed,
  ),
  Type.Object(
    {
      ...operatorBase,
      kind: Type.Literal("watermarks"),
      watermarks: Type.Ref("WatermarksSpec"),
      /** As of source. */
      module: orNull(Id),
      program: orNull(Program),
    },
    closed,
  ),
  Type.Object(
    {
      ...operatorBase,
      kind: oneOf("map", "flatMap", "filter"),
      module: orNull(Id),
      program: orNull(Program),
    },
    closed,
  ),
  Type.Object(
    {
      ...operatorBase,
      kind: Type.Literal("key"),
      selector: Type.Ref("KeySelectorSpec"),
      keyType: orNull(Type.Ref("DataType")),
      module: orNull(Id),
      program: orNull(Program),
      maxParallelism: Type.Integer({ minimum: 1 }),
    },
    closed,
  ),
  Type.Object(
    {
      ...operatorBase,
      kind: Type.Literal("rolling"),
      function: oneOf("sum", "min", "max", "minBy", "maxBy"),
      field: Field,
      first: Type.Boolean(),
      key: Type.Ref("KeySpec"),
      finalOnly: Type.Boolean(),
    },
    closed,
  ),
  Type.Object(
    {
      ...operatorBase,
      kind: Type.Literal("combine"),
      /** Of the windows that rows go to; null = all rows may be folded together. */
      panes: orNull(
        Type.Object({ sizeMs: Type.Integer({ minimum: 1 }), offsetMs: Type.Integer() }, closed),
      ),
      function: oneOf("sum", "min", "max", "minBy", "maxBy"),
      field: Field,
      first: Type.Boolean(),
      key: Type.Ref("KeySpec"),
      maxParallelism: Type.Integer({ minimum: 1 }),
    },
    closed,
  ),
  Type.Object(
    {
      ...operatorBase,
      kind: Type.Literal("reduce"),
      key: Type.Ref("KeySpec"),
      finalOnly: Type.Boolean(),
      module: orNull(Id),
      program: orNull(Program),
      /** Fields that a compiled function takes from neither record as they are. */
      changedFields: Type.Array(Type.Integer({ minimum: 0 })),
    },
    closed,
  ),
  Type.Object(
    {
      ...operatorBase,
      kind: Type.Literal("connect"),
      function: oneOf("map", "flatMap", "process"),
      inputs,
    },
    closed,
  ),
  Type.Object(
    {
      ...operatorBase,
      kind: Type.Literal("broadcast"),
      /** Names of the maps that make up the broadcast state. */
      states: Type.Array(Type.String()),
      inputs,
    },
    closed,
  ),
  Type.Object(
    {
      ...operatorBase,
      kind: Type.Literal("intervalJoin"),
      /** ms, both included: timestamps of right records from that of a left one. */
      lowerMs: Type.Integer(),
      upperMs: Type.Integer(),
      leftLateTag: orNull(Type.String()),
      rightLateTag: orNull(Type.String()),
      inputs,
    },
    closed,
  ),
  Type.Object(
    {
      ...operatorBase,
      kind: Type.Literal("async"),
      /** Results in the order of the input. */
      ordered: Type.Boolean(),
      /** ms from the first attempt; 0 = none. */
      timeoutMs: Type.Integer({ minimum: 0 }),
      capacity: Type.Integer({ minimum: 1 }),
      retry: orNull(AsyncRetrySpec),
    },
    closed,
  ),
  Type.Object(
    {
      ...operatorBase,
      kind: Type.Literal("process"),
      /** What the function is: a process function, or a rich one on a keyed stream. */
      form: oneOf("process", "map", "flatMap", "filter"),
      /** null = the stream is not keyed: no state, no timers. */
      key: orNull(Type.Ref("KeySpec")),
    },
    closed,
  ),
  Type.Object(
    {
      ...operatorBase,
      kind: Type.Literal("window"),
      /** null = not keyed: all records are in the windows of one subtask. */
      key: orNull(Type.Ref("KeySpec")),
      window: Type.Ref("WindowSpec"),
      /** Of a reduce or an aggregate that is compiled. */
      module: orNull(Id),
      program: orNull(Program),
      changedFields: Type.Array(Type.Integer({ minimum: 0 })),
      /** Of an aggregate that is compiled. */
      accumulatorType: orNull(Type.Ref("DataType")),
    },
    closed,
  ),
  Type.Object(
    {
      ...operatorBase,
      kind: Type.Literal("windowJoin"),
      form: oneOf("join", "coGroup"),
      window: Type.Ref("WindowSpec"),
      inputs,
    },
    closed,
  ),
  Type.Object(
    {
      ...operatorBase,
      kind: Type.Literal("print"),
      identifier: Type.String(),
      toStderr: Type.Boolean(),
    },
    closed,
  ),
  Type.Object({ ...operatorBase, kind: oneOf("collect", "sink") }, closed),
]);

const JobVertex = Type.Object(
  {
    id: Id,
    name: Type.String(),
    operators: Type.Array(Type.Ref("Operator"), { minItems: 1 }),
    parallelism: Type.Integer({ minimum: 1 }),
    maxParallelism: Type.Integer({ minimum: 1 }),
    slotSharingGroup: Type.String(),
    uid: Type.Optional(Type.String()),
  },
  { ...closed, description: "A task: a chain of operators in topological order; [0] is its head." },
);

const JobEdge = Type.Object(
  {
    id: Type.String(),
    source: Id,
    operatorId: Id,
    output: Type.Integer({ minimum: 0 }),
    target: Id,
    /** Which input of the target's head it feeds, where that has two; absent = the first. */
    which: Type.Optional(Type.Literal(1)),
    partitioner: Type.Ref("PartitionerSpec"),
    type: orNull(Type.Ref("BatchType")),
    bufferTimeoutMs: Type.Integer({ minimum: -1 }),
  },
  {
    ...closed,
    description: "An exchange: from an output of an operator of one task to another task.",
  },
);

const JobGraph = Type.Object(
  {
    version: Type.Literal(1),
    name: Type.String(),
    runtimeMode: oneOf("STREAMING", "BATCH"),
    vertices: Type.Array(Type.Ref("JobVertex")),
    edges: Type.Array(Type.Ref("JobEdge")),
    options: Type.Object(
      {
        engine: oneOf("auto", "wasm", "js"),
        bufferTimeoutMs: Type.Integer({ minimum: -1 }),
        maxRecordBytes: Type.Integer({ minimum: 1 }),
        operatorChaining: Type.Boolean(),
        checkpointing: Type.Ref("CheckpointingSpec"),
        restartStrategy: Type.Ref("RestartStrategySpec"),
      },
      closed,
    ),
  },
  { ...closed, description: "A job: tasks and exchanges." },
);

export const JobGraphSchema = Type.Cyclic(
  {
    DataType,
    BatchType,
    KeySpec,
    KeySelectorSpec,
    PartitionerSpec,
    WatermarksSpec,
    WindowAssignerSpec,
    TriggerSpec,
    WindowSpec,
    CheckpointingSpec,
    RestartStrategySpec,
    Operator,
    JobVertex,
    JobEdge,
    JobGraph,
  },
  "JobGraph",
  {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "https://millrace.dev/schemas/job-graph-1.json",
    title: "Millrace JobGraph, version 1",
  },
);
