/**
 * Bids of the Nexmark generator as Beam seeds it, one java.util.Random per event number, so that every
 * engine gets the same rows; channel and URL as the Nexmark of Flink adds them. Facts of the generator:
 * Apache Beam, sdks/java/testing/nexmark; nexmark/nexmark on GitHub.
 */
import { JavaRandom } from "./java-random.ts";

export interface Bid {
  readonly auction: number;
  readonly bidder: number;
  /** In cents. */
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  /** Event time, ms. */
  readonly dateTime: number;
  readonly extra: string;
}

const BASE_TIME_MS = 1_436_918_400_000;
/** Of 50 events the first is a person, the next three are auctions, the others bids. */
const EVENTS_PER_EPOCH = 50;
const AUCTIONS_PER_EPOCH = 3;
const NOT_BIDS_PER_EPOCH = 1 + AUCTIONS_PER_EPOCH;
const FIRST_ID = 1000;
const HOT_AUCTION_RATIO = 2;
const HOT_BIDDER_RATIO = 4;
/** A hot auction or bidder is one of so many. */
const HOT_GROUP = 100;
const AUCTIONS_IN_FLIGHT = 100;
const ACTIVE_PEOPLE = 1000;
const ID_LEAD = 10;
const CHANNELS = 10_000;
const HOT_CHANNELS = ["Google", "Facebook", "Baidu", "Apple"] as const;
/** Average size of a bid less that of its numbers, and how far it may be off. */
const EXTRA_LENGTH = 68;
const EXTRA_DELTA = 14;
const CHARS_PER_DRAW = 6;

export class BidGenerator {
  readonly #random = new JavaRandom();
  readonly #eventsPerSecond: number;
  readonly #hotUrls = HOT_CHANNELS.map((_, index) => urlOf(-10_001 - index, null));
  readonly #urls = Array.from({ length: CHANNELS }, (_, index) => urlOf(-1 - index, index));

  constructor(eventsPerSecond: number) {
    this.#eventsPerSecond = eventsPerSecond;
  }

  /** Bids among the first `events` events, in order. */
  *bids(events: number): Generator<Bid> {
    for (let event = 0; event < events; event++) {
      if (event % EVENTS_PER_EPOCH >= NOT_BIDS_PER_EPOCH) yield this.#bid(event);
    }
  }

  #bid(event: number): Bid {
    const random = this.#random;
    random.seed(event);
    const epoch = Math.floor(event / EVENTS_PER_EPOCH);
    const auction = FIRST_ID + this.#auction(epoch);
    const bidder = FIRST_ID + this.#bidder(epoch);
    const price = Math.round(10 ** (random.nextDouble() * 6) * 100);
    const extra = extraOf(random);
    const isHot = random.below(2) > 0;
    const index = random.below(isHot ? HOT_CHANNELS.length : CHANNELS);
    const channel = isHot ? HOT_CHANNELS[index] : `channel-${index}`;
    const url = (isHot ? this.#hotUrls : this.#urls)[index];
    const dateTime = BASE_TIME_MS + Math.floor((event * 1000) / this.#eventsPerSecond);
    return { auction, bidder, price, channel: channel ?? "", url: url ?? "", dateTime, extra };
  }

  #auction(epoch: number): number {
    const last = epoch * AUCTIONS_PER_EPOCH + AUCTIONS_PER_EPOCH - 1;
    if (this.#random.below(HOT_AUCTION_RATIO) > 0) return Math.floor(last / HOT_GROUP) * HOT_GROUP;
    const first = Math.max(last - AUCTIONS_IN_FLIGHT, 0);
    return first + this.#random.below(last - first + 1 + ID_LEAD);
  }

  #bidder(epoch: number): number {
    if (this.#random.below(HOT_BIDDER_RATIO) > 0) {
      return Math.floor(epoch / HOT_GROUP) * HOT_GROUP + 1;
    }
    const people = epoch + 1;
    const active = Math.min(people, ACTIVE_PEOPLE);
    return people - active + this.#random.below(active + ID_LEAD);
  }
}

/** Letters by a remainder that may be negative, so from "H" on. */
function extraOf(random: JavaRandom): string {
  let left = EXTRA_LENGTH - EXTRA_DELTA + random.below(2 * EXTRA_DELTA);
  const codes: number[] = [];
  while (left > 0) {
    let drawn = random.nextInt();
    for (let index = 0; index < CHARS_PER_DRAW && left > 0; index++, left--) {
      codes.push(97 + (drawn % 26));
      drawn = Math.trunc(drawn / 26);
    }
  }
  return String.fromCharCode(...codes);
}

/** @param channel number of the channel that most such URLs name; null = none */
function urlOf(seed: number, channel: number | null): string {
  const random = new JavaRandom();
  random.seed(seed);
  const folders = Array.from({ length: 3 }, () => folderName(random));
  const base = `https://www.nexmark.com/${folders.join("/")}/item.htm?query=1`;
  if (channel === null || random.below(10) === 0) return base;
  return `${base}&channel_id=${Math.abs(reversedBits(channel))}`;
}

function folderName(random: JavaRandom): string {
  const length = 3 + random.below(2);
  const chars = Array.from({ length }, () =>
    random.below(13) === 0 ? "_" : String.fromCharCode(97 + random.below(26)),
  );
  return chars.join("");
}

function reversedBits(value: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 32; bit++) reversed |= ((value >>> bit) & 1) << (31 - bit);
  return reversed;
}
