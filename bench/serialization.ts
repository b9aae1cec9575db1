/** Typed rows to bytes and back: RowBatches from JavaScript and within Wasm, beside the usual codecs. */
import { pack, unpack } from "msgpackr";
import { createRowReader } from "../dataplane/formats/row-reader.ts";
import { RowWriter } from "../dataplane/formats/row-writer.ts";
import { BatchBuilder } from "../dataplane/memory/batch-builder.ts";
import { BatchView } from "../dataplane/memory/batch-view.ts";
import { loadKernels } from "../dataplane/memory/kernels-module.ts";
import { MemoryManager } from "../dataplane/memory/memory-manager.ts";
import { Schema } from "../dataplane/memory/schema.ts";
import { TaskMemory } from "../dataplane/memory/task-memory.ts";
import { type Benchmark, type Case, measure, type Variant } from "./benchmark.ts";
import { RowRandom } from "./random.ts";

interface Bid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly isFinal: boolean;
}

const BATCH_ROWS = 4096;
const MEMORY_BYTES = 256 * 1024 * 1024;
const SCHEMA = Schema.of({
  record: {
    kind: "ROW",
    fields: [
      { name: "auction", type: { kind: "LONG" } },
      { name: "bidder", type: { kind: "LONG" } },
      { name: "price", type: { kind: "NUMBER" } },
      { name: "channel", type: { kind: "STRING" } },
      { name: "isFinal", type: { kind: "BOOLEAN" } },
    ],
  },
  key: null,
});
const CHANNELS = ["Google", "Facebook", "Baidu", "Apple", "channel-1234"];

export const serialization: Benchmark = {
  name: "serialization",
  about:
    "Rows of (LONG, LONG, NUMBER, STRING, BOOLEAN) to bytes and back, 4,096 at a time. from-js: objects -> RowBatch bytes -> objects; in-wasm: columns -> RowBatch bytes -> columns, as between two operators.",
  notMeasured: "moving the bytes to another thread.",
  async *cases(rows) {
    const memory = TaskMemory.create(await loadKernels(), new MemoryManager(MEMORY_BYTES), "bench");
    const bids = makeBids(rows ?? 400_000);
    yield {
      name: "bids",
      rows: bids.length,
      unit: "rows",
      repeats: 5,
      variants: [
        fromJs(memory, bids),
        inWasm(memory, bids),
        codec("json", bids, (part) => JSON.parse(JSON.stringify(part)) as Bid[]),
        codec("msgpack", bids, (part) => unpack(pack(part)) as Bid[]),
        codec("structured-clone", bids, (part) => structuredClone(part) as Bid[]),
      ],
      dispose: () => memory.dispose(),
    } satisfies Case;
  },
};

function makeBids(count: number): Bid[] {
  const random = new RowRandom();
  return Array.from({ length: count }, (_, row) => {
    random.at(row);
    return {
      auction: 1000 + (random.high % 100_000),
      bidder: 1000 + (random.low & 65_535),
      price: (random.low >>> 8) / 100,
      channel: CHANNELS[random.high % CHANNELS.length] ?? "",
      isFinal: (random.low & 1) === 1,
    };
  });
}

/** Depends on every field of every row. */
function digestOf(digest: number, bid: Bid): number {
  const { auction, bidder, price, channel, isFinal } = bid;
  return (
    (digest + auction * 3 + bidder * 5 + price * 7 + channel.length * 11 + (isFinal ? 13 : 17)) %
    1e12
  );
}

function codec(
  name: string,
  bids: readonly Bid[],
  roundTrip: (part: readonly Bid[]) => Bid[],
): Variant {
  return {
    name,
    isBaseline: true,
    run: () =>
      measure(() => {
        let digest = 0;
        for (let start = 0; start < bids.length; start += BATCH_ROWS) {
          for (const bid of roundTrip(bids.slice(start, start + BATCH_ROWS)))
            digest = digestOf(digest, bid);
        }
        return digest.toFixed(2);
      }),
  };
}

/** Where batches are sealed to, and opened from. */
class Landing {
  readonly view: BatchView;
  readonly #memory: TaskMemory;
  readonly #bytes = new Uint8Array(1 << 20);
  readonly #ptr: number;

  constructor(memory: TaskMemory) {
    this.#memory = memory;
    this.view = BatchView.create(memory, SCHEMA);
    this.#ptr = memory.alloc(this.#bytes.length);
  }

  /** Out of linear memory, as into a ring, and back into it. */
  pass(builder: BatchBuilder): BatchView {
    const length = builder.sealInto(this.#bytes, 0, 0);
    this.#memory.u8.set(this.#bytes.subarray(0, length), this.#ptr);
    return this.view.reopen(this.#ptr, length, "bounds");
  }
}

function fromJs(memory: TaskMemory, bids: readonly Bid[]): Variant {
  const builder = new BatchBuilder(memory, SCHEMA, {
    rowCapacity: BATCH_ROWS,
    byteCapacity: 1 << 20,
  });
  const writer = new RowWriter(builder, {
    operator: "bench",
    maxRecordBytes: 1 << 20,
    missingFields: "refused",
  });
  const reader = createRowReader(SCHEMA);
  const landing = new Landing(memory);
  return {
    name: "from-js",
    isBaseline: false,
    run: () =>
      measure(() => {
        let digest = 0;
        for (let start = 0; start < bids.length; start += BATCH_ROWS) {
          builder.reset();
          writer.attach();
          const end = Math.min(bids.length, start + BATCH_ROWS);
          for (let row = start; row < end; row++) writer.write(bids[row], null);
          writer.sync();
          reader.open(landing.pass(builder));
          for (let row = 0; row < end - start; row++)
            digest = digestOf(digest, reader.read(row) as Bid);
        }
        return digest.toFixed(2);
      }),
  };
}

/** The same batches, which are columns already; the digest is taken from the rows that came out last. */
function inWasm(memory: TaskMemory, bids: readonly Bid[]): Variant {
  const options = { rowCapacity: BATCH_ROWS, byteCapacity: 1 << 20 };
  const sources: BatchBuilder[] = [];
  for (let start = 0; start < bids.length; start += BATCH_ROWS) {
    const builder = new BatchBuilder(memory, SCHEMA, options);
    const writer = new RowWriter(builder, {
      operator: "bench",
      maxRecordBytes: 1 << 20,
      missingFields: "refused",
    });
    for (const bid of bids.slice(start, start + BATCH_ROWS)) writer.write(bid, null);
    writer.sync();
    sources.push(builder);
  }
  const results = sources.map(() => new BatchBuilder(memory, SCHEMA, options));
  const landing = new Landing(memory);
  const reader = createRowReader(SCHEMA);
  return {
    name: "in-wasm",
    isBaseline: false,
    async run() {
      const measured = await measure(() => {
        sources.forEach((source, index) => {
          const result = results[index];
          result?.reset();
          result?.appendRows(landing.pass(source), 0, source.rowCount);
        });
        return "";
      });
      let digest = 0;
      for (const result of results) {
        reader.open(result);
        for (let row = 0; row < result.rowCount; row++)
          digest = digestOf(digest, reader.read(row) as Bid);
      }
      return { ...measured, answer: digest.toFixed(2) };
    },
  };
}
