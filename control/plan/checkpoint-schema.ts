/** Checkpoints and restarts as JSON Schema, for the JobGraph. */
import { type Static, Type } from "typebox";
import { closed, oneOf, orNull } from "./schema-parts.ts";

const Ms = Type.Integer({ minimum: 0 });

export const CheckpointingSpec = Type.Object(
  {
    /** null = no checkpoints but savepoints that are asked for. */
    intervalMs: orNull(Type.Integer({ minimum: 1 })),
    mode: oneOf("EXACTLY_ONCE", "AT_LEAST_ONCE"),
    /** From the trigger to the manifest. */
    timeoutMs: Type.Integer({ minimum: 1 }),
    /** From the completion of one to the trigger of the next; above 0, one at a time. */
    minPauseMs: Ms,
    /** In flight at a time. */
    maxConcurrent: Type.Integer({ minimum: 1 }),
    /** Failed ones in a row that the job bears. */
    tolerableFailures: Type.Integer({ minimum: 0 }),
    /** What becomes of them when the job ends otherwise than FINISHED. */
    retention: oneOf(
      "NO_EXTERNALIZED_CHECKPOINTS",
      "DELETE_ON_CANCELLATION",
      "RETAIN_ON_CANCELLATION",
    ),
    /** Completed ones that are kept. */
    retainedCount: Type.Integer({ minimum: 1 }),
    /** Whether there are checkpoints when some tasks have finished. */
    afterTasksFinish: Type.Boolean(),
    storage: Type.Union([
      Type.Object({ kind: Type.Literal("memory") }, closed),
      Type.Object({ kind: Type.Literal("filesystem"), directory: Type.String() }, closed),
    ]),
  },
  { ...closed, description: "When checkpoints are taken, and what becomes of them." },
);
export type CheckpointingSpec = Readonly<Static<typeof CheckpointingSpec>>;

export const RestartStrategySpec = Type.Union(
  [
    Type.Object({ kind: Type.Literal("none") }, closed),
    Type.Object(
      {
        kind: Type.Literal("fixed-delay"),
        attempts: Type.Integer({ minimum: 0 }),
        delayMs: Ms,
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal("failure-rate"),
        /** One more within the interval fails the job. */
        maxFailuresPerInterval: Type.Integer({ minimum: 1 }),
        intervalMs: Type.Integer({ minimum: 1 }),
        delayMs: Ms,
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal("exponential-delay"),
        initialBackoffMs: Type.Integer({ minimum: 1 }),
        maxBackoffMs: Type.Integer({ minimum: 1 }),
        multiplier: Type.Number({ minimum: 1 }),
        /** Without a failure for so long, the next one waits the initial backoff. */
        resetThresholdMs: Type.Integer({ minimum: 1 }),
        /** Part of a backoff by which it is changed at random. */
        jitterFactor: Type.Number({ minimum: 0, maximum: 1 }),
        /** Restarts in a row before the job fails; null = any number. */
        attempts: orNull(Type.Integer({ minimum: 1 })),
      },
      closed,
    ),
  ],
  { description: "Whether and when a job starts again after a failure." },
);
export type RestartStrategySpec = Readonly<Static<typeof RestartStrategySpec>>;
