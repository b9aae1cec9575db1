/** Random streams of keyed records and watermarks, and windows over them. */
import fc from "fast-check";

export type WindowKind =
  | { readonly kind: "tumbling"; readonly size: number; readonly offset: number }
  | {
      readonly kind: "sliding";
      readonly size: number;
      readonly slide: number;
      readonly offset: number;
    }
  | { readonly kind: "session"; readonly gap: number }
  /** The gap of a record is 1 + its value. */
  | { readonly kind: "dynamic-session" };

/** Times are exact. */
export type WindowEvent =
  | {
      readonly kind: "record";
      readonly key: string;
      readonly time: bigint;
      readonly value: number;
    }
  | { readonly kind: "watermark"; readonly time: bigint };

/** How the values of a window are put together. */
export type Folding = "reduce" | "aggregate" | "elements" | "evicted-elements";

export interface WindowCase {
  readonly windows: WindowKind;
  readonly lateness: number;
  readonly folding: Folding;
  /** Late records go to a side output, or are counted. */
  readonly hasLateTag: boolean;
  readonly events: readonly WindowEvent[];
}

/** What the times of a stream are near to: zero, the ends of exact numbers, the ends of 64 bits. */
const BASES = [0n, -40n, 2n ** 53n, -(2n ** 53n), 2n ** 63n - 10_000n, -(2n ** 63n) + 10_000n];
const KEYS = ["", "__proto__", "a", "b"];
const SPAN = 120;

const windows: fc.Arbitrary<WindowKind> = fc.oneof(
  fc
    .record({ size: fc.integer({ min: 1, max: 30 }), shift: fc.integer({ min: -29, max: 29 }) })
    .map(({ size, shift }) => ({ kind: "tumbling" as const, size, offset: shift % size })),
  fc
    .record({
      size: fc.integer({ min: 1, max: 30 }),
      slide: fc.integer({ min: 1, max: 35 }),
      shift: fc.integer({ min: -34, max: 34 }),
    })
    .map(({ size, slide, shift }) => ({
      kind: "sliding" as const,
      size,
      slide,
      offset: shift % slide,
    })),
  fc.integer({ min: 1, max: 20 }).map((gap) => ({ kind: "session" as const, gap })),
  fc.constant({ kind: "dynamic-session" as const }),
);

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("record" as const),
      key: fc.constantFrom(...KEYS),
      at: fc.integer({ min: -SPAN, max: SPAN }),
      value: fc.integer({ min: 0, max: 30 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("watermark" as const),
      advance: fc.integer({ min: 0, max: 40 }),
    }),
  },
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function eventsOf(base: bigint, steps: readonly Step[]): readonly WindowEvent[] {
  let watermark = base - BigInt(SPAN);
  return steps.map((each): WindowEvent => {
    if (each.kind === "record") {
      const { key, at, value } = each;
      return { kind: "record", key, time: base + BigInt(at), value };
    }
    watermark += BigInt(each.advance);
    return { kind: "watermark", time: watermark };
  });
}

export const windowCases: fc.Arbitrary<WindowCase> = fc
  .record({
    windows,
    lateness: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 50 })),
    folding: fc.constantFrom<Folding>("reduce", "aggregate", "elements", "evicted-elements"),
    hasLateTag: fc.boolean(),
    base: fc.constantFrom(...BASES),
    steps: fc.array(step, { maxLength: 24 }),
  })
  .map(({ base, steps, ...rest }) => ({ ...rest, events: eventsOf(base, steps) }));
