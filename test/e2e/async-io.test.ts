/** Async I/O through the public API, against a real HTTP server. */
import assert from "node:assert/strict";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, afterEach, before, test } from "node:test";
import {
  AsyncDataStream,
  AsyncRetryStrategies,
  type DataStream,
  EngineError,
  type ResultFuture,
  RetryPredicates,
  type SourceContext,
  StreamExecutionEnvironment,
  TimeUnit,
  Types,
} from "../../control/index.ts";

interface Request {
  readonly id: number;
  answer(text: string, status?: number): void;
}

/** What the server does with a request; set by each test. */
let onRequest: (request: Request) => void = () => {};
let server: Server;
let url = "";
const unanswered = new Set<ServerResponse>();
let mostOpen = 0;

before(async () => {
  server = createServer((request, response) => {
    unanswered.add(response);
    mostOpen = Math.max(mostOpen, unanswered.size);
    onRequest({
      id: Number(request.url?.slice(1)),
      answer: (text, status = 200) => {
        unanswered.delete(response);
        response.writeHead(status).end(text);
      },
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  for (const response of unanswered) response.destroy();
  unanswered.clear();
  mostOpen = 0;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

async function ask(id: number): Promise<string[]> {
  const response = await fetch(`${url}/${id}`);
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} for ${id}`);
  return [`${id}: ${text}`];
}

function environment(): StreamExecutionEnvironment {
  return StreamExecutionEnvironment.getExecutionEnvironment({
    execution: "in-process",
    parallelism: 1,
  });
}

async function failureOf(promise: Promise<unknown>): Promise<EngineError> {
  const error = await promise.then(
    () => assert.fail("the job did not fail"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof EngineError, String(error));
  return error;
}

/** Holds requests back until `count` are open, then answers them, last one first. */
function answerReversed(count: number): void {
  const held: Request[] = [];
  onRequest = (request) => {
    held.push(request);
    if (held.length < count) return;
    for (const other of held.splice(0).reverse()) other.answer("ok");
  };
}

/** What comes out for records of a source that ends when there is a row for each of them. */
async function rowsBeforeEnd(
  records: readonly number[],
  define: (source: DataStream<number>) => DataStream<string>,
): Promise<string[]> {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const env = environment();
  const source = env.addSource<number>({
    async run(context: SourceContext<number>) {
      for (const record of records) context.collect(record);
      await released;
    },
    cancel: () => release(),
  });
  const rows: string[] = [];
  define(source).addSink((row) => {
    rows.push(row);
    if (rows.length === records.length) release();
  });
  await env.execute();
  return rows;
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

test("a thousand requests are under way in one subtask", async () => {
  const count = 1000;
  answerReversed(count);
  const results = AsyncDataStream.orderedWait(
    environment().fromSequence(1, count),
    ask,
    "60 s",
    count,
  );
  const rows = await results.executeAndCollect(count);
  assert.equal(mostOpen, count);
  assert.deepEqual(
    rows,
    range(1, count).map((id) => `${id}: ok`),
  );
});

test("unordered results come as the answers do, and no more requests than the capacity are open", async () => {
  answerReversed(10);
  const stream = environment().fromSequence(1, 40);
  const rows = await AsyncDataStream.unorderedWait(stream, ask, 60, TimeUnit.SECONDS, 10)
    .returns(Types.STRING)
    .executeAndCollect(40);
  assert.equal(mostOpen, 10);
  assert.deepEqual(
    [...rows].sort(),
    range(1, 40)
      .map((id) => `${id}: ok`)
      .sort(),
  );
  assert.notDeepEqual(
    rows,
    range(1, 40).map((id) => `${id}: ok`),
  );
});

test("results come out while the input is idle", async () => {
  onRequest = (request) => request.answer("ok");
  const rows = await rowsBeforeEnd([7], (source) =>
    AsyncDataStream.orderedWait(source, ask, "60 s"),
  );
  assert.deepEqual(rows, ["7: ok"]);
});

test("a failing request fails the job, and is made again where a strategy says so", async () => {
  const attempts = new Map<number, number>();
  onRequest = ({ id, answer }) => {
    const attempt = (attempts.get(id) ?? 0) + 1;
    attempts.set(id, attempt);
    if (attempt < 3) answer("busy", 503);
    else answer("ok");
  };
  const failure = await failureOf(
    AsyncDataStream.orderedWait(environment().fromElements(1), ask, 0).executeAndCollect(1),
  );
  assert.equal(failure.code, "MR_FUNCTION_THREW");
  assert.match(failure.message, /503 for 1/);

  attempts.clear();
  const strategy = new AsyncRetryStrategies.FixedDelayRetryStrategyBuilder<string>(2, 1)
    .ifException(RetryPredicates.HAS_EXCEPTION_PREDICATE)
    .build();
  // At the end of input there are no retries any more.
  const rows = await rowsBeforeEnd(range(1, 20), (source) =>
    AsyncDataStream.unorderedWaitWithRetry(source, ask, "60 s", 100, strategy),
  );
  assert.deepEqual(
    [...rows].sort(),
    range(1, 20)
      .map((id) => `${id}: ok`)
      .sort(),
  );
  assert.deepEqual([...attempts.values()], Array(20).fill(3));
});

test("a request without an answer fails the job after the timeout, unless timeout() answers", async () => {
  onRequest = () => {};
  const failure = await failureOf(
    AsyncDataStream.orderedWait(
      environment().fromElements(1),
      ask,
      20,
      TimeUnit.MILLISECONDS,
    ).executeAndCollect(1),
  );
  assert.equal(failure.code, "MR_ASYNC_TIMEOUT");
  assert.match(failure.message, /Async function call has timed out\./);

  // The first request parks the second: the timeout must fire nevertheless.
  const rows = await AsyncDataStream.orderedWait(
    environment().fromElements(1, 2),
    {
      async asyncInvoke(id: number, { complete }: ResultFuture<string>) {
        complete(await ask(id));
      },
      timeout: (id: number, { complete }: ResultFuture<string>) => complete([`${id}: late`]),
    },
    20,
    1,
  ).executeAndCollect(2);
  assert.deepEqual(rows, ["1: late", "2: late"]);
});
