/** Bids, as JSON lines or columns -> a Nexmark query -> a digest of the result. */
import {
  ColumnsSource,
  type DataStream,
  defineJob,
  FileSource,
  Types,
} from "../../control/index.ts";
import type { Bid } from "../nexmark/bid-generator.ts";
import { QUERIES, type QueryName } from "../nexmark/queries.ts";
import { bidColumns } from "./bid-input.ts";
import { ChecksumSink, DigestSink } from "./digest-sinks.ts";

const BID = Types.ROW({
  auction: Types.LONG,
  bidder: Types.LONG,
  price: Types.LONG,
  channel: Types.STRING,
  url: Types.STRING,
  dateTime: Types.LONG,
  extra: Types.STRING,
});

/** args: query, "digest" or "checksum", then "json", paths... or "columns", passes */
export default defineJob((env, [query = "q0", result, input, ...rest]) => {
  const bids: DataStream<Bid> =
    input === "json"
      ? env
          .fromSource(FileSource.lines(...rest), "lines")
          .map(parseBid)
          .returns(BID)
      : env.fromSource(
          ColumnsSource.of<Bid>(() => bidColumns.get(), BID.descriptor, {
            passes: Number(rest[0]),
          }),
          "bids",
        );
  const { filter, map } = QUERIES[query as QueryName];
  const chosen = filter === null ? bids : bids.filter(filter);
  chosen.map(map).sinkTo(result === "digest" ? new DigestSink() : new ChecksumSink());
});

export function parseBid(line: string): Bid {
  return JSON.parse(line);
}
