/** Kinds `windowJoin` and `coGroup`. */
import type { Collector } from "../../../control/index.ts";
import type { OperatorSpec } from "../../../dataplane/protocol/deployment.ts";
import type { TwoInputKind } from "../two-inputs.ts";
import { baseOf, inputOf } from "./two-inputs.ts";
import { definitionOf, type WindowsDescription } from "./window.ts";
import { unknownPart } from "./window-parts.ts";

interface JoinDescription extends WindowsDescription {
  readonly keyBy: number | readonly number[];
}

type Fields = readonly unknown[];

/** Emits (key, left.1, right.1). */
const JOIN = { join: ([key, left]: Fields, [, right]: Fields): Fields => [key, left, right] };

/** Emits (key, left values, right values). */
const CO_GROUP = {
  coGroup(first: readonly Fields[], second: readonly Fields[], out: Collector<Fields>): void {
    const [key] = first[0] ?? second[0] ?? [];
    const values = (side: readonly Fields[]): string => side.map(([, value]) => value).join(",");
    out.collect([key, values(first), values(second)]);
  },
};

/** Serves both kinds. */
export const windowJoin: TwoInputKind = {
  unsupported: (description) => {
    const { assigner, trigger, evictor } = description as JoinDescription;
    return unknownPart(assigner, trigger, evictor);
  },
  plan: (vector) => {
    const description = vector.operator as JoinDescription;
    const { kind, keyBy } = description;
    const [form, fn] =
      kind === "coGroup" ? (["coGroup", CO_GROUP] as const) : (["join", JOIN] as const);
    const node = definitionOf(description).joinKind(form, fn);
    if (node.kind !== "windowJoin") throw new TypeError("This is no join.");
    const inputs = [inputOf(vector.types1, keyBy), inputOf(vector.types2, keyBy)] as const;
    const { window } = node;
    const spec: OperatorSpec = {
      ...baseOf(vector, inputs),
      kind: "windowJoin",
      form,
      window,
      inputs,
    };
    const functions = new Map(Object.entries(node.functions));
    return { spec, functions, subtaskIndex: 0, parallelism: 1, maxParallelism: 128 };
  },
};
