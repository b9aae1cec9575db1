/**
 * Text from a TCP server, behind socketTextStream(). One subtask.
 *
 * A record is the text between delimiters; with the delimiter `\n` a `\r` before it is dropped. When
 * the server closes the connection, text without a delimiter behind it is a record too, and unless
 * reconnecting is asked for the source ends and with it the job, as in Flink.
 *
 * Reconnecting: `maxRetries` attempts in a row that bring no data, RETRY_DELAY_MS apart, after a
 * connection has ended, failed or could not be made; -1 = for ever. (Flink counts all attempts of the
 * job, does one less than it was given, and does not retry when the server refuses.) When they are used
 * up the source ends if the server closed the last connection, and fails with MR_SOCKET_FAILED
 * otherwise.
 *
 * Split: the address. Position: none: what was sent while the job was down, or was read but not yet
 * processed, is lost after a failure (at most once).
 */
import { connect } from "node:net";

import { EngineError } from "../protocol/errors.ts";
import type { DataType } from "../protocol/types.ts";
import type { ByteStream } from "./byte-stream.ts";
import { DelimitedWriter } from "./delimited-writer.ts";
import { LineWriter } from "./line-writer.ts";
import { NodeByteStream } from "./node-byte-stream.ts";
import type {
  EnumeratorContext,
  PollResult,
  ReaderContext,
  Source,
  SourceOutput,
  SourceReader,
  SplitEnumerator,
} from "./source.ts";
import { SplitShares } from "./split-enumerators.ts";
import { type SplitCursor, SplitReader } from "./split-reader.ts";
import type { TextWriter } from "./text-writer.ts";
import { type CancelTimer, systemTimers, type Timers } from "./timers.ts";

const RETRY_DELAY_MS = 500;

export interface SocketSplit {
  readonly host: string;
  readonly port: number;
}

export interface SocketOptions {
  /** Default `\n`. */
  readonly delimiter?: string;
  /** Default 0; -1 = for ever. */
  readonly maxRetries?: number;
  /** Default 10,000; 0 = as long as the system waits. */
  readonly connectTimeoutMs?: number;
  /** For tests. */
  readonly timers?: Timers;
}

export class SocketSource implements Source<string, SocketSplit> {
  readonly boundedness = "CONTINUOUS_UNBOUNDED";
  readonly maxSourceParallelism = 1;
  readonly isReplayable = false;
  readonly producedType: DataType = { kind: "STRING" };
  readonly description = "Socket Stream";
  readonly #split: SocketSplit;
  readonly #options: Required<SocketOptions>;

  /** @throws EngineError MR_FUNCTION_INVALID */
  constructor(host: string, port: number, options: SocketOptions = {}) {
    const { delimiter = "\n", maxRetries = 0, connectTimeoutMs = 10_000 } = options;
    check(typeof host === "string" && host !== "", "a host name", String(host));
    check(Number.isInteger(port) && port >= 1 && port <= 65535, "a port from 1 to 65535", port);
    check(typeof delimiter === "string" && delimiter !== "", "a delimiter", `"${delimiter}"`);
    check(Number.isInteger(maxRetries) && maxRetries >= -1, "maxRetries from -1", maxRetries);
    check(connectTimeoutMs >= 0, "a connectTimeoutMs from 0", connectTimeoutMs);
    const timers = options.timers ?? systemTimers;
    this.#split = { host, port };
    this.#options = { delimiter, maxRetries, connectTimeoutMs, timers };
  }

  createEnumerator(context: EnumeratorContext<SocketSplit>): SplitEnumerator<SocketSplit> {
    return this.restoreEnumerator(context, false);
  }

  restoreEnumerator(
    context: EnumeratorContext<SocketSplit>,
    isDealt: unknown,
  ): SplitEnumerator<SocketSplit> {
    return new SplitShares(context, () => [[this.#split]], isDealt === true);
  }

  createReader(context: ReaderContext): SourceReader<string, SocketSplit> {
    const { delimiter } = this.#options;
    return new SplitReader({
      requestSplits: () => context.requestSplits(),
      open: (split, wake) => {
        const isLines = delimiter === "\n";
        const text = isLines ? new LineWriter(context) : new DelimitedWriter(delimiter, context);
        return new SocketCursor(split, this.#options, text, wake);
      },
    });
  }
}

class SocketCursor implements SplitCursor<string, SocketSplit> {
  readonly #split: SocketSplit;
  readonly #options: Required<SocketOptions>;
  readonly #text: TextWriter;
  readonly #wake: () => void;
  /** null = waiting for the next attempt. */
  #stream: ByteStream | null = null;
  #failure: unknown = null;
  #retries = 0;
  #cancelRetry: CancelTimer = () => {};
  #closing: Promise<void> = Promise.resolve();

  constructor(
    split: SocketSplit,
    options: Required<SocketOptions>,
    text: TextWriter,
    wake: () => void,
  ) {
    this.#split = split;
    this.#options = options;
    this.#text = text;
    this.#wake = wake;
    this.#connect();
  }

  poll(output: SourceOutput<string>): PollResult {
    for (;;) {
      if (!this.#text.writeTo(output)) return "more";
      if (this.#stream === null) return "nothing";
      if (this.#text.isFinished) return this.#afterStream(this.#stream);
      if (!this.#read(this.#stream)) return "nothing";
    }
  }

  snapshot(): SocketSplit {
    return this.#split;
  }

  async close(): Promise<void> {
    this.#cancelRetry();
    await this.#stream?.close();
    await this.#closing;
    this.#text.dispose();
  }

  #connect(): void {
    const { connectTimeoutMs, timers } = this.#options;
    const socket = connect(this.#split);
    if (connectTimeoutMs > 0) {
      const giveUp = (): void => {
        socket.destroy(new Error(`no connection within ${connectTimeoutMs} ms`));
      };
      const cancel = timers.after(connectTimeoutMs, giveUp);
      socket.once("connect", cancel).once("close", cancel);
    }
    this.#failure = null;
    this.#text.begin();
    this.#stream = new NodeByteStream(socket, [], this.#wake, (cause) => {
      const details = { ...this.#split, message: cause.message };
      return new EngineError("MR_SOCKET_FAILED", details, cause);
    });
  }

  /** Whether there was anything: bytes, or the end of the stream. */
  #read(stream: ByteStream): boolean {
    const bytes = this.#next(stream);
    if (bytes !== null) {
      this.#retries = 0;
      this.#text.add(bytes);
    } else if (stream.isEnded || this.#failure !== null) this.#text.finish();
    else return false;
    return true;
  }

  #next(stream: ByteStream): Uint8Array | null {
    try {
      return stream.next();
    } catch (error) {
      this.#failure = error;
      return null;
    }
  }

  #afterStream(stream: ByteStream): PollResult {
    const { maxRetries, timers } = this.#options;
    if (maxRetries >= 0 && this.#retries >= maxRetries) {
      if (this.#failure !== null) throw this.#failure;
      return "end";
    }
    this.#retries += 1;
    this.#stream = null;
    this.#closing = stream.close();
    this.#cancelRetry = timers.after(RETRY_DELAY_MS, () => {
      this.#connect();
      this.#wake();
    });
    return "nothing";
  }
}

function check(holds: boolean, expected: string, actual: string | number): void {
  if (holds) return;
  throw new EngineError("MR_FUNCTION_INVALID", {
    operation: "SocketSource",
    expected,
    actual: String(actual),
  });
}
