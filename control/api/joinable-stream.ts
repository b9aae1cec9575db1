/** Streams that are joined with others by windows. */
import type { ConnectedStreams } from "./connected-streams.ts";
import type { DataStream } from "./data-stream.ts";
import { JoinedStreams } from "./joined-streams.ts";
import { PartitionableStream } from "./partitionable-stream.ts";

/** See DataStream. @public */
export abstract class JoinableStream<T> extends PartitionableStream<T> {
  /** Pairs of records of both streams with equal keys in one window: an inner join. */
  join<U>(other: DataStream<U>): JoinedStreams<T, U, "join"> {
    return new JoinedStreams(this.connect(other), "join");
  }

  /** Records of both streams with equal keys in one window, as two groups. */
  coGroup<U>(other: DataStream<U>): JoinedStreams<T, U, "coGroup"> {
    return new JoinedStreams(this.connect(other), "coGroup");
  }

  abstract connect<U>(other: DataStream<U>): ConnectedStreams<T, U>;
}
