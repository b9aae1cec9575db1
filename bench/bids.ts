/** Nexmark queries of one row, from JSON lines and from columns, against the same functions in JavaScript. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Benchmark, type Case, measure, type Variant } from "./benchmark.ts";
import { CProgram } from "./c-program.ts";
import { answerText } from "./jobs/answer-sink.ts";
import { bidColumns } from "./jobs/bid-input.ts";
import { parseBid } from "./jobs/bids-job.ts";
import { digestOf } from "./jobs/digest-sinks.ts";
import { columnsOf, writeColumns, writeJsonLines } from "./nexmark/bid-files.ts";
import { type Bid, BidGenerator } from "./nexmark/bid-generator.ts";
import { QUERIES, type QueryName } from "./nexmark/queries.ts";
import { assertChecksum, jobVariant } from "./run-job.ts";

const JOB = new URL("./jobs/bids-job.js", import.meta.url);
const EVENTS = 3_000_000;
const EVENTS_PER_SECOND = 100_000;
const BIDS_PER_EVENT = 0.92;
/** A file has to fit into one string of the baseline. */
const LINES_PER_FILE = 920_000;
const COLUMN_EVENTS = 400_000;
const COLUMN_PASSES = 25;

/** Of the results of 3,000,000 events, as Flink 2.3.0 had them. */
const CHECKSUMS: Readonly<Record<QueryName, string>> = {
  q0: "9f171c54776a0f03",
  q1: "97281ea3e082feff",
  q2: "12c403ef32f21673",
  q14: "ba6c442e0c731177",
  q22: "f8303f0864871297",
};

export const bids: Benchmark = {
  name: "bids",
  about:
    "Nexmark q0, q1, q2, q14 and q22 as map and filter over the bids of 3,000,000 events of the seeded generator; before a json case is timed, its whole result is held against the checksum recorded of Flink. Unlike in SQL, prices are scaled integers, the hour of day is arithmetic, and count_char() and SPLIT_INDEX() are split(). json: lines of about 250 bytes from files; plain-js reads the same files, JSON.parse and the same functions on one thread. columns: columns in memory, 25 passes; plain-js: the same functions over ready objects; c: plain loops over the same columns, results into columns. All look at each number of the results and at the length and last character of each string.",
  notMeasured:
    "thread start, bundling and compilation; writing the files, which are in the page cache.",
  async *cases(rows) {
    const folder = mkdtempSync(join(tmpdir(), "millrace-bids-"));
    try {
      yield* jsonCases(folder, rows);
      yield* columnCases(folder, rows);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function* jsonCases(folder: string, rows: number | null): AsyncGenerator<Case> {
  const events = rows === null ? EVENTS : Math.ceil(rows / BIDS_PER_EVENT);
  let count = 0;
  const counted = function* (): Generator<Bid> {
    for (const bid of new BidGenerator(EVENTS_PER_SECOND).bids(events)) {
      count++;
      yield bid;
    }
  };
  const paths = writeJsonLines(counted(), LINES_PER_FILE, (index) => join(folder, `${index}.json`));
  for (const query of queryNames()) {
    if (events === EVENTS) {
      await assertChecksum(query, JOB, [query, "checksum", "json", ...paths], CHECKSUMS[query]);
    }
    const args = [query, "digest", "json", ...paths];
    yield {
      name: `${query} json`,
      rows: count,
      unit: "rows",
      repeats: 3,
      variants: [
        jobVariant({ name: "2 workers", module: JOB, args, workers: 2, engine: "auto" }),
        jobVariant({ name: "1 worker", module: JOB, args, workers: 1, engine: "auto" }),
        plain(() => digestLines(query, paths)),
      ],
    };
  }
}

async function* columnCases(folder: string, rows: number | null): AsyncGenerator<Case> {
  const events = rows === null ? COLUMN_EVENTS : Math.ceil(rows / BIDS_PER_EVENT / COLUMN_PASSES);
  const objects = [...new BidGenerator(EVENTS_PER_SECOND).bids(events)];
  const columns = columnsOf(objects);
  const path = join(folder, "columns");
  writeColumns(path, columns);
  const [auction, bidder, price, dateTime] = columns.numbers;
  const [channel, url, extra] = columns.strings;
  const ordered = [auction, bidder, price, channel, url, dateTime, extra];
  bidColumns.set(ordered.filter((column) => column !== undefined));
  const c = CProgram.compile("bids.c");
  for (const query of queryNames()) {
    const args = [query, "digest", "columns", String(COLUMN_PASSES)];
    yield {
      name: `${query} columns`,
      rows: objects.length * COLUMN_PASSES,
      unit: "rows",
      repeats: 3,
      variants: [
        jobVariant({ name: "2 workers", module: JOB, args, workers: 2, engine: "auto" }),
        jobVariant({ name: "1 worker", module: JOB, args, workers: 1, engine: "auto" }),
        plain(() => digestObjects(query, objects)),
        ...(c === null
          ? []
          : [{ name: "c", isBaseline: true, run: () => c.run([query, path, COLUMN_PASSES]) }]),
      ],
    };
  }
  bidColumns.set(undefined);
  c?.dispose();
}

function queryNames(): readonly QueryName[] {
  return Object.keys(QUERIES) as QueryName[];
}

function plain(work: () => string): Variant {
  return { name: "plain-js", isBaseline: true, run: () => measure(work) };
}

function digestLines(query: QueryName, paths: readonly string[]): string {
  const digest = new Digest(query);
  for (const path of paths) {
    const lines = readFileSync(path, "utf8").split("\n");
    if (lines.at(-1) === "") lines.pop();
    for (const line of lines) digest.add(parseBid(line));
  }
  return digest.answer();
}

function digestObjects(query: QueryName, objects: readonly Bid[]): string {
  const digest = new Digest(query);
  for (let pass = 0; pass < COLUMN_PASSES; pass++) {
    for (const bid of objects) digest.add(bid);
  }
  return digest.answer();
}

class Digest {
  readonly #filter: ((bid: Bid) => boolean) | null;
  readonly #map: (bid: Bid) => object;
  #rows = 0;
  #sum = 0;

  constructor(query: QueryName) {
    this.#filter = QUERIES[query].filter;
    this.#map = QUERIES[query].map;
  }

  add(bid: Bid): void {
    if (this.#filter !== null && !this.#filter(bid)) return;
    this.#rows++;
    this.#sum = (this.#sum + digestOf(this.#map(bid))) | 0;
  }

  answer(): string {
    return answerText(this.#rows, this.#sum);
  }
}
