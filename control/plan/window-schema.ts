/** Windows as JSON Schema: protocol/window-spec.ts, for the JobGraph. */
import { Type } from "typebox";
import { closed, oneOf, orNull } from "./schema-parts.ts";

const Field = Type.Union([Type.String(), Type.Integer({ minimum: 0 })]);
const Time = oneOf("event", "processing");
const Ms = Type.Integer();
const Count = Type.Integer({ minimum: 0 });

export const WindowAssignerSpec = Type.Union([
  Type.Object(
    {
      kind: Type.Literal("tumbling"),
      time: Time,
      sizeMs: Ms,
      offsetMs: Ms,
      stagger: oneOf("ALIGNED", "RANDOM", "NATURAL"),
    },
    closed,
  ),
  Type.Object(
    { kind: Type.Literal("sliding"), time: Time, sizeMs: Ms, slideMs: Ms, offsetMs: Ms },
    closed,
  ),
  Type.Object({ kind: Type.Literal("session"), time: Time, gapMs: orNull(Ms) }, closed),
  Type.Object({ kind: Type.Literal("global"), firesAtEnd: Type.Boolean() }, closed),
  Type.Object({ kind: Type.Literal("custom") }, closed),
]);

export const TriggerSpec = Type.Union([
  Type.Object({ kind: oneOf("event-time", "processing-time", "never", "end-of-stream") }, closed),
  Type.Object({ kind: Type.Literal("count"), count: Count }, closed),
  Type.Object({ kind: Type.Literal("continuous"), time: Time, intervalMs: Ms }, closed),
  Type.Object({ kind: Type.Literal("delta"), threshold: Type.Number() }, closed),
  Type.Object({ kind: Type.Literal("purging"), of: Type.Ref("TriggerSpec") }, closed),
  Type.Object(
    {
      kind: Type.Literal("processing-timeout"),
      of: Type.Ref("TriggerSpec"),
      timeoutMs: Ms,
      resetsTimerOnNewRecord: Type.Boolean(),
      clearsOnTimeout: Type.Boolean(),
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal("custom") }, closed),
]);

const EvictorSpec = Type.Union([
  Type.Object({ kind: Type.Literal("count"), count: Count, evictsAfter: Type.Boolean() }, closed),
  Type.Object({ kind: Type.Literal("time"), sizeMs: Ms, evictsAfter: Type.Boolean() }, closed),
  Type.Object(
    { kind: Type.Literal("delta"), threshold: Type.Number(), evictsAfter: Type.Boolean() },
    closed,
  ),
  Type.Object({ kind: Type.Literal("custom") }, closed),
]);

const WindowFoldSpec = Type.Union([
  Type.Object(
    { kind: oneOf("sum", "min", "max", "minBy", "maxBy"), field: Field, first: Type.Boolean() },
    closed,
  ),
  Type.Object({ kind: oneOf("reduce", "aggregate", "elements") }, closed),
]);

export const WindowSpec = Type.Object(
  {
    assigner: Type.Ref("WindowAssignerSpec"),
    trigger: Type.Ref("TriggerSpec"),
    evictor: orNull(EvictorSpec),
    allowedLatenessMs: Type.Integer({ minimum: 0 }),
    /** Side output of late records; null = they are dropped and counted. */
    lateTag: orNull(Type.String()),
    fold: WindowFoldSpec,
    /** What is done with the result, or with the elements; null = it is put out as it is. */
    call: orNull(oneOf("process", "apply")),
  },
  {
    ...closed,
    description: 'Windows; kinds "custom", "delta" and gapMs null have functions by role.',
  },
);
