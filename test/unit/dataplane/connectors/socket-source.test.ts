import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { after, before, test } from "node:test";

import fc from "fast-check";

import {
  type SocketOptions,
  SocketSource,
} from "../../../../dataplane/connectors/socket-source.ts";
import type { SourceOutput, SourceReader } from "../../../../dataplane/connectors/source.ts";
import type { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import { FakeTimers } from "./fake-timers.ts";
import {
  assignedSplits,
  ColumnOutput,
  ObjectOutput,
  type RecordingContext,
  readerContext,
  taskMemory,
} from "./reader-harness.ts";

const HOST = "127.0.0.1";
let memory: TaskMemory;
let liveBytes = 0;

before(async () => {
  memory = await taskMemory();
  new ColumnOutput<string>(memory, { kind: "STRING" }).dispose();
  liveBytes = memory.liveBytes;
});

after(() => assert.equal(memory.liveBytes, liveBytes, "all readers have given their memory back"));

/** Listens on a free port and hands each connection to `serve`. */
async function listen(serve: (socket: Socket, index: number) => void, port = 0): Promise<Server> {
  let count = 0;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    serve(socket, count++);
  });
  server.listen(port, HOST);
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function closeServer(server: Server): Promise<void> {
  server.close();
  await once(server, "close");
}

type Shipping = SourceOutput<string> & { readonly all: readonly string[]; ship(): void };

interface Connected {
  readonly reader: SourceReader<string, unknown>;
  readonly output: Shipping;
  readonly context: RecordingContext;
  close(): Promise<void>;
}

async function connected(
  port: number,
  options: SocketOptions = {},
  rowCapacity = 4,
): Promise<Connected> {
  const source = new SocketSource(HOST, port, options);
  const context = readerContext({ maxRecordBytes: 100_000 }, memory);
  const reader = source.createReader(context);
  const columns = new ColumnOutput<string>(memory, { kind: "STRING" }, rowCapacity);
  const isLines = (options.delimiter ?? "\n") === "\n";
  const output = isLines ? columns : new ObjectOutput<string>(rowCapacity);
  const [splits = []] = await assignedSplits(source, 1);
  await reader.start();
  reader.addSplits(splits);
  reader.notifyNoMoreSplits();
  const close = async (): Promise<void> => {
    await reader.close();
    columns.dispose();
  };
  return { reader, output, context, close };
}

/** Reads until the end, or until `wanted` records are there. */
async function read(
  { reader, output }: Connected,
  wanted = Number.POSITIVE_INFINITY,
): Promise<readonly string[]> {
  while (output.all.length < wanted) {
    const result = reader.pollNext(output);
    output.ship();
    if (result === "end") break;
    if (result === "nothing" && output.all.length < wanted) await reader.isAvailable();
  }
  return output.all;
}

/** Sends pieces, each in a write of its own once the one before has gone out. */
async function send(socket: Socket, pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve));
  socket.end();
}

test("records are the text between delimiters, however it is cut into packets", async () => {
  const text = fc.array(fc.constantFrom("a", "\n", "\r\n", "||", "é", "𝄞", "|"), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(
      text,
      fc.constantFrom("\n", "||"),
      fc.integer({ min: 1, max: 5 }),
      async (parts, delimiter, pieceBytes) => {
        const whole = parts.join("");
        const bytes = Buffer.from(whole);
        const pieces: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; at += pieceBytes)
          pieces.push(bytes.subarray(at, at + pieceBytes));
        const server = await listen((socket) => void send(socket.setNoDelay(), pieces));
        const connection = await connected(portOf(server), { delimiter });
        const expected = whole.split(delimiter);
        const last = expected.pop();
        const records = expected.map((line) =>
          delimiter === "\n" ? line.replace(/\r$/, "") : line,
        );
        if (last !== undefined && last !== "") records.push(last);
        assert.deepEqual(await read(connection), records);
        await connection.close();
        await closeServer(server);
      },
    ),
    { seed: 91, numRuns: 40 },
  );
});

test("lines are there as soon as they have been sent, while the connection stays open", async () => {
  let client: Socket | undefined;
  const server = await listen((socket) => {
    client = socket;
    socket.write("first\nsec");
  });
  const connection = await connected(portOf(server));
  assert.deepEqual(await read(connection, 1), ["first"]);
  client?.write("ond\r\nthird");
  assert.deepEqual(await read(connection, 2), ["first", "second"]);
  client?.end();
  assert.deepEqual(await read(connection), ["first", "second", "third"]);
  await connection.close();
  await closeServer(server);
});

test("bytes that are not UTF-8 are replaced and counted", async () => {
  const server = await listen((socket) => socket.end(Buffer.from([0x61, 0xff, 0x0a, 0xc3])));
  const connection = await connected(portOf(server));
  assert.deepEqual(await read(connection), ["a\ufffd", "\ufffd"]);
  assert.equal(connection.context.malformed, 2);
  await connection.close();
  await closeServer(server);
});

/** Lets the event loop turn until `value` has stayed the same for many turns. */
async function settled(value: () => number): Promise<number> {
  let last = value();
  for (let turns = 0; turns < 2000; ++turns) {
    await new Promise((resolve) => setImmediate(resolve));
    if (value() !== last) turns = 0;
    last = value();
  }
  return last;
}

test("a server is slowed down while nobody reads", async () => {
  const lineCount = 64_000;
  const text = Buffer.from(`${"x".repeat(999)}\n`.repeat(lineCount));
  let client: Socket | undefined;
  const server = await listen((socket) => {
    client = socket;
    socket.end(text);
  });
  const connection = await connected(portOf(server), {}, 4096);
  const unsent = await settled(() => client?.writableLength ?? text.length);
  assert.ok(unsent > text.length / 2, `${unsent} of ${text.length} bytes wait`);
  assert.equal((await read(connection)).length, lineCount);
  await connection.close();
  await closeServer(server);
});

test("a connection that cannot be made is MR_SOCKET_FAILED with the address", async () => {
  const server = await listen(() => {});
  const port = portOf(server);
  await closeServer(server);
  const connection = await connected(port);
  await assert.rejects(read(connection), (error) => {
    assert.ok(error instanceof EngineError && error.code === "MR_SOCKET_FAILED");
    assert.match(String(error.details.message), /ECONNREFUSED/);
    return error.details.host === HOST && error.details.port === port;
  });
  await connection.close();
});

test("a connection that breaks is MR_SOCKET_FAILED after the records before", async () => {
  let client: Socket | undefined;
  const server = await listen((socket) => {
    client = socket;
    socket.write("a\nb\nc");
  });
  const connection = await connected(portOf(server));
  await read(connection, 2);
  client?.resetAndDestroy();
  await assert.rejects(read(connection), (error) => {
    assert.ok(error instanceof EngineError && error.code === "MR_SOCKET_FAILED");
    assert.match(String(error.details.message), /ECONNRESET/);
    return true;
  });
  connection.output.ship();
  assert.deepEqual(connection.output.all, ["a", "b", "c"]);
  await connection.close();
  await closeServer(server);
});

test("connecting is given up after the time-out", async () => {
  const timers = new FakeTimers();
  const server = await listen(() => {});
  const connection = await connected(portOf(server), { connectTimeoutMs: 50, timers });
  assert.equal(connection.reader.pollNext(connection.output), "nothing");
  assert.equal(timers.pendingCount, 1);
  timers.advance(50);
  await assert.rejects(read(connection), /no connection within 50 ms/);
  await connection.close();
  await closeServer(server);
});

test("the time-out is taken back once the connection is made", async () => {
  const timers = new FakeTimers();
  const server = await listen((socket) => socket.write("a\n"));
  const connection = await connected(portOf(server), { timers });
  await read(connection, 1);
  assert.equal(timers.pendingCount, 0);
  await connection.close();
  await closeServer(server);
});

/** Moves the clock whenever the reader waits for a retry, until the end. */
async function readWithRetries(
  connection: Connected,
  timers: FakeTimers,
): Promise<readonly string[]> {
  const { reader, output } = connection;
  for (;;) {
    const result = reader.pollNext(output);
    output.ship();
    if (result === "end") return output.all;
    if (result === "nothing" && timers.pendingCount > 0) timers.advance(500);
    if (result === "nothing") await reader.isAvailable();
  }
}

test("a closed connection is made again, as often as was asked, and what it had begun is a record", async () => {
  const timers = new FakeTimers();
  const seen: number[] = [];
  const server = await listen((socket, index) => {
    seen.push(index);
    socket.end(index < 2 ? `line ${index}\nrest ${index}` : "");
  });
  const options = { maxRetries: 3, connectTimeoutMs: 0, timers };
  const connection = await connected(portOf(server), options);
  const records = await readWithRetries(connection, timers);
  assert.deepEqual(records, ["line 0", "rest 0", "line 1", "rest 1"]);
  // Data starts the count anew: two connections with data, then three attempts without.
  assert.deepEqual(seen, [0, 1, 2, 3, 4]);
  await connection.close();
  await closeServer(server);
});

test("a server that is down is tried again, and its refusal is the failure in the end", async () => {
  const timers = new FakeTimers();
  const probe = await listen(() => {});
  const port = portOf(probe);
  await closeServer(probe);
  const connection = await connected(port, { maxRetries: 2, connectTimeoutMs: 0, timers });
  const { reader, output } = connection;
  const pollUntilRetry = async (): Promise<void> => {
    while (timers.pendingCount === 0) {
      assert.equal(reader.pollNext(output), "nothing");
      if (timers.pendingCount === 0) await reader.isAvailable();
    }
  };
  await pollUntilRetry();
  timers.advance(499);
  assert.equal(timers.pendingCount, 1);
  timers.advance(1);
  await pollUntilRetry();
  const server = await listen((socket) => socket.end("up\n"), port);
  timers.advance(500);
  assert.deepEqual(await read(connection, 1), ["up"]);
  await closeServer(server);
  await assert.rejects(
    readWithRetries(connection, timers),
    (error) => error instanceof EngineError && error.code === "MR_SOCKET_FAILED",
  );
  await connection.close();
});

test("with -1 it never gives up, until it is closed", async () => {
  const timers = new FakeTimers();
  let connections = 0;
  const server = await listen((socket) => {
    connections += 1;
    socket.end();
  });
  const connection = await connected(portOf(server), {
    maxRetries: -1,
    connectTimeoutMs: 0,
    timers,
  });
  const { reader, output } = connection;
  while (connections < 20) {
    assert.equal(reader.pollNext(output), "nothing");
    if (timers.pendingCount > 0) timers.advance(500);
    await reader.isAvailable();
  }
  await connection.close();
  assert.equal(timers.pendingCount, 0);
  await closeServer(server);
});

test("a record above the limit is refused", async () => {
  for (const delimiter of ["\n", ";"]) {
    const server = await listen((socket) => socket.write("x".repeat(100_001)));
    const connection = await connected(portOf(server), { delimiter });
    await assert.rejects(
      read(connection),
      (error) => error instanceof EngineError && error.code === "MR_RECORD_TOO_LARGE",
    );
    await connection.close();
    await closeServer(server);
  }
});

test("it runs in one subtask, is unbounded, and its snapshot is the address", async () => {
  const source = new SocketSource("example", 9999);
  assert.equal(source.maxSourceParallelism, 1);
  assert.equal(source.boundedness, "CONTINUOUS_UNBOUNDED");
  assert.deepEqual(await assignedSplits(source, 2), [[{ host: "example", port: 9999 }], []]);
  const server = await listen((socket) => socket.write("a\n"));
  const connection = await connected(portOf(server));
  await read(connection, 1);
  assert.deepEqual(connection.reader.snapshotState(), [{ host: HOST, port: portOf(server) }]);
  await connection.close();
  await closeServer(server);
});

test("addresses and options that make no sense are refused", () => {
  const wrong: readonly (() => unknown)[] = [
    () => new SocketSource("", 1),
    () => new SocketSource("a", 0),
    () => new SocketSource("a", 65_536),
    () => new SocketSource("a", 1.5),
    () => new SocketSource("a", 1, { delimiter: "" }),
    () => new SocketSource("a", 1, { maxRetries: -2 }),
    () => new SocketSource("a", 1, { connectTimeoutMs: -1 }),
  ];
  for (const call of wrong) {
    assert.throws(
      call,
      (error) => error instanceof EngineError && error.code === "MR_FUNCTION_INVALID",
    );
  }
});
