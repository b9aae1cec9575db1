/**
 * Nexmark queries over bids as functions of one row, as a user would write them. What is different from SQL:
 * a price in another currency (0.908 of it, DECIMAL(23, 3)) is an integer of thousandths of a cent; the hour
 * of day is arithmetic, in UTC; count_char() is the number of pieces between, less one; SPLIT_INDEX(), which
 * answers NULL, is an element of split(): its URLs all have the pieces.
 */
import type { Bid } from "./bid-generator.ts";

export type QueryName = "q0" | "q1" | "q2" | "q14" | "q22";

export interface Query {
  /** Which bids; null = all. */
  readonly filter: ((bid: Bid) => boolean) | null;
  readonly map: (bid: Bid) => object;
}

export const QUERIES: Readonly<Record<QueryName, Query>> = {
  /** All of them. */
  q0: {
    filter: null,
    map: ({ auction, bidder, price, dateTime, extra }) => ({
      auction,
      bidder,
      price,
      dateTime,
      extra,
    }),
  },
  /** In another currency. */
  q1: {
    filter: null,
    map: (bid) => ({
      auction: bid.auction,
      bidder: bid.bidder,
      price: bid.price * 908,
      dateTime: bid.dateTime,
      extra: bid.extra,
    }),
  },
  /** Of some auctions. */
  q2: {
    filter: (bid) => bid.auction % 123 === 0,
    map: (bid) => ({ auction: bid.auction, price: bid.price }),
  },
  /** Of a price range, with the time of day and a count of letters. */
  q14: {
    filter: (bid) => bid.price * 908 > 1_000_000_000 && bid.price * 908 < 50_000_000_000,
    map: (bid) => {
      const hour = Math.floor(bid.dateTime / 3_600_000) % 24;
      let bidTimeType = "otherTime";
      if (hour >= 8 && hour <= 18) bidTimeType = "dayTime";
      else if (hour <= 6 || hour >= 20) bidTimeType = "nightTime";
      return {
        auction: bid.auction,
        bidder: bid.bidder,
        price: bid.price * 908,
        bidTimeType,
        dateTime: bid.dateTime,
        extra: bid.extra,
        cCounts: bid.extra.split("c").length - 1,
      };
    },
  },
  /** With the folders of the URL. */
  q22: {
    filter: null,
    map: (bid) => {
      const pieces = bid.url.split("/");
      return {
        auction: bid.auction,
        bidder: bid.bidder,
        price: bid.price,
        channel: bid.channel,
        dir1: pieces[3],
        dir2: pieces[4],
        dir3: pieces[5],
      };
    },
  },
};
