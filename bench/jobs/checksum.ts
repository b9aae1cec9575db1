/** The recorded checksum of result rows, over accumulators: the sum of all row hashes in 16-bit limbs. */
import { Counter, type RuntimeContext } from "../../control/index.ts";
import { RowHash } from "../nexmark/row-hash.ts";

const LIMB = 2 ** 16;

export const LIMBS: readonly string[] = ["limb0", "limb1", "limb2", "limb3"];

/** Accumulators "limb0" to "limb3" of one subtask. */
export class Checksum {
  readonly #hash = new RowHash();
  readonly #limbs: readonly Counter[];

  constructor(runtimeContext: RuntimeContext) {
    this.#limbs = LIMBS.map((name) => {
      const limb = new Counter();
      runtimeContext.addAccumulator(name, limb);
      return limb;
    });
  }

  /** @param values the columns of a row, in order: strings, and integers as number or bigint */
  add(values: Iterable<unknown>): void {
    const hash = this.#hash;
    hash.start();
    for (const value of values) {
      if (typeof value === "string") hash.addText(value);
      else hash.addNumber(Number(value));
    }
    for (const [index, part] of splitHash(hash).entries()) this.#limbs[index]?.add(part);
  }
}

/** A row's hash in the limbs that are summed. */
export function splitHash({ low, high }: RowHash): readonly number[] {
  return [low % LIMB, low >>> 16, high % LIMB, high >>> 16];
}

/** 16 hex digits. */
export function checksumText(limbOf: (name: string) => number): string {
  const sum = LIMBS.reduceRight((high, name) => high * BigInt(LIMB) + BigInt(limbOf(name)), 0n);
  return BigInt.asUintN(64, sum).toString(16).padStart(16, "0");
}
