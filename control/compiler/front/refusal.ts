/** Why a function is not compiled: thrown inside the front end, answered as a value by analyze(). */
import type { Node } from "acorn";

export class Refusal extends Error {
  readonly node: Node | null;

  constructor(node: Node | null, reason: string) {
    super(reason);
    this.node = node;
  }
}

export function refuse(node: Node | null, reason: string): never {
  throw new Refusal(node, reason);
}
