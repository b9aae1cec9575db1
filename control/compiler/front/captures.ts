/** What names outside a function stand for, as whoever loaded the program knows it. */
import type { Node } from "acorn";
import { literalOf } from "./literals.ts";
import { parseFunction } from "./parse.ts";
import { scalar } from "./records.ts";
import { Refusal } from "./refusal.ts";
import { Scope, type Term } from "./scope.ts";

type Constant = number | string | boolean;

export type CaptureValue =
  | { readonly kind: "constant"; readonly value: Constant | readonly Constant[] }
  /** Its text; names it captures are resolved like those of the function itself. */
  | { readonly kind: "function"; readonly source: string };

export type CaptureResolver = (name: string) => CaptureValue | null;

export function captureTerm(value: CaptureValue | null, node: Node): Term | null {
  if (value === null) return null;
  if (value.kind === "function") {
    return { kind: "function", node: parseHelper(value.source, node), scope: new Scope(null) };
  }
  if (typeof value.value === "object") {
    return { kind: "tuple", items: value.value.map((item) => scalar(literalOf(item))) };
  }
  return scalar(literalOf(value.value));
}

/** Reasons about the helper as a whole are given at the place where it is used. */
function parseHelper(source: string, node: Node) {
  try {
    return parseFunction(source);
  } catch (error) {
    if (error instanceof Refusal && error.node === null) {
      throw new Refusal(node, `calls a function that ${error.message}`);
    }
    throw error;
  }
}
