/** Contents of state files, for tests that do not look into rows. */
import fc from "fast-check";
import { BATCH_ROW_COUNT } from "../../dataplane/protocol/batch-layout.ts";
import type { BatchType } from "../../dataplane/protocol/deployment.ts";
import type { OperatorStateEntry } from "../../dataplane/protocol/operator-state.ts";
import type { SnapshotOutput } from "../../dataplane/snapshot/snapshot-output.ts";
import type { StateContent } from "../../dataplane/snapshot/state-file-reader.ts";

export type TestBlock =
  | {
      readonly kind: "rows";
      readonly operatorId: string;
      readonly type: BatchType;
      readonly batch: Uint8Array<ArrayBuffer>;
      readonly firstKeyGroup: number;
      readonly lastKeyGroup: number;
    }
  | {
      readonly kind: "operator-state";
      readonly operatorId: string;
      readonly entry: OperatorStateEntry;
    };

export const LONG_TYPE: BatchType = { record: { kind: "LONG" }, key: { kind: "STRING" } };
const TYPES: readonly BatchType[] = [LONG_TYPE, { record: { kind: "GENERIC" }, key: null }];

/** Bytes that say how many rows they are, as a sealed batch does, and are nothing else. */
export function fakeBatch(rows: number, length: number, fill: number): Uint8Array<ArrayBuffer> {
  const batch = new Uint8Array(Math.max(length, 64)).fill(fill);
  new DataView(batch.buffer).setUint32(BATCH_ROW_COUNT, rows, true);
  return batch;
}

const operatorId = fc.constantFrom("source", "sum", "window");

const rowsBlock: fc.Arbitrary<TestBlock> = fc
  .record({
    operatorId,
    type: fc.constantFrom(...TYPES),
    rows: fc.nat(9000),
    length: fc.nat(2000),
    fill: fc.nat(255),
    firstKeyGroup: fc.nat(100),
    span: fc.nat(28),
  })
  .map(({ operatorId, type, rows, length, fill, firstKeyGroup, span }) => ({
    kind: "rows",
    operatorId,
    type,
    batch: fakeBatch(rows, length, fill),
    firstKeyGroup,
    lastKeyGroup: firstKeyGroup + span,
  }));

const stateValue = fc.oneof(
  fc.integer(),
  fc.string(),
  fc.bigInt(),
  fc.uint8Array(),
  fc.dictionary(fc.string(), fc.integer(), { noNullPrototype: true }),
);

const entryBlock: fc.Arbitrary<TestBlock> = fc
  .tuple(
    operatorId,
    fc.string(),
    fc.constantFrom("split" as const, "union" as const, "broadcast" as const),
    fc.array(stateValue, { maxLength: 5 }),
  )
  .map(([operatorId, name, mode, values]) => ({
    kind: "operator-state",
    operatorId,
    entry: { name, mode, values },
  }));

export const anyBlocks: fc.Arbitrary<readonly TestBlock[]> = fc.array(
  fc.oneof(rowsBlock, entryBlock),
  { maxLength: 12 },
);

/** A small file with something of everything. */
export const SMALL_BLOCKS: readonly TestBlock[] = [
  {
    kind: "rows",
    operatorId: "sum",
    type: LONG_TYPE,
    batch: fakeBatch(3, 64, 7),
    firstKeyGroup: 0,
    lastKeyGroup: 5,
  },
  {
    kind: "operator-state",
    operatorId: "source",
    entry: { name: "splits", mode: "split", values: ["a.txt@17", { id: 2n }] },
  },
];

/** Copies: what is handed over belongs to the output. */
export function handOver(output: SnapshotOutput<unknown>, blocks: readonly TestBlock[]): void {
  for (const block of blocks) {
    if (block.kind === "operator-state") output.operatorState(block.operatorId, [block.entry]);
    else {
      const { operatorId, type, batch, firstKeyGroup, lastKeyGroup } = block;
      output.rows(operatorId, type, batch.slice(), firstKeyGroup, lastKeyGroup);
    }
  }
}

/** What a reader of these blocks answers. */
export function contentsOf(blocks: readonly TestBlock[]): readonly StateContent[] {
  return blocks.map((block) => {
    if (block.kind === "operator-state") return block;
    const { kind, operatorId, type, batch } = block;
    return { kind, operatorId, type, batch };
  });
}

/** Plain bytes, so that they can be compared. */
export async function readAll(contents: AsyncIterable<StateContent>): Promise<StateContent[]> {
  const found: StateContent[] = [];
  for await (const content of contents) {
    found.push(
      content.kind === "rows" ? { ...content, batch: new Uint8Array(content.batch) } : content,
    );
  }
  return found;
}
