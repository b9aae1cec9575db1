/**
 * Every error the engine raises, on whichever thread. `docs/reference/errors.md` is generated from
 * this table. Codes are never reused; a retired one stays listed with `retired: true`.
 *
 * domain: whose mistake it is. retry: what can be tried again. scope: what it ends.
 * text: one sentence with {placeholders} filled from the details, then what to do.
 */
export interface ErrorEntry {
  readonly domain: "user" | "external" | "internal";
  readonly retry: "never" | "next-checkpoint" | "restart-task" | "restart-job";
  readonly scope: "record" | "subtask" | "job" | "cluster";
  readonly text: string;
  readonly retired?: true;
}

const user = (scope: ErrorEntry["scope"], text: string): ErrorEntry => ({
  domain: "user",
  retry: "never",
  scope,
  text,
});
const external = (scope: ErrorEntry["scope"], text: string): ErrorEntry => ({
  domain: "external",
  retry: "restart-job",
  scope,
  text,
});
const internal = (scope: ErrorEntry["scope"], text: string): ErrorEntry => ({
  domain: "internal",
  retry: "restart-job",
  scope,
  text,
});

export const ERRORS = {
  MR_CONFIG_INVALID: user(
    "job",
    "Option {path} is {actual}; expected {expected}. Change it where it was set: {source}.",
  ),
  MR_CONFIG_UNKNOWN_OPTION: user(
    "job",
    "There is no option {path}. {hint} Remove it or correct its name.",
  ),
  MR_GRAPH_EMPTY: user(
    "job",
    "No operators defined in streaming topology: the program has no sink. Add print(), sinkTo() or executeAndCollect().",
  ),
  MR_GRAPH_ALREADY_EXECUTED: user(
    "job",
    "{operation} was called on a stream after execute(), so it would never run. Define all operators before execute().",
  ),
  MR_GRAPH_INVALID: user("job", "{message}"),
  MR_GRAPH_NOT_DETERMINISTIC: user(
    "job",
    "The program built another graph in worker {worker} than in the main thread: {difference}. Build the same graph on every run: no random values, clocks or per-thread conditions in the graph.",
  ),
  MR_GRAPH_UNBOUNDED_BATCH: user(
    "job",
    "Runtime mode is BATCH, but source {operator} is unbounded. Use STREAMING, or bound the source.",
  ),
  MR_PARALLELISM_INVALID: user("job", "{what} is {actual}; expected {expected}."),
  MR_SLOTS_NOT_ENOUGH: user(
    "job",
    "Not enough slots: the job needs {needed}, there are {available}. Lower the parallelism to {available}, or raise the slots (option slots, MILLRACE_SLOTS, --slots).",
  ),
  MR_ENGINE_WASM_REFUSED: user(
    "job",
    "Engine is 'wasm', but {count} operators cannot run in WebAssembly: {operators}. Use engine 'auto'.",
  ),
  MR_TYPE_MISMATCH: user(
    "record",
    "Operator {operator}: {path} is {actual}, expected {expected}. Declare another type with returns(), or correct the function.",
  ),
  MR_TYPE_UNSUPPORTED: user(
    "record",
    "Operator {operator}: {path} is a {actual}, which a record cannot hold. Convert it to a string, number, boolean, bigint, Uint8Array, array or plain object.",
  ),
  MR_RECORD_NULL: user(
    "record",
    "Operator {operator} emitted {value} as a record. Return a value, or use filter() or flatMap() to drop records.",
  ),
  MR_RECORD_TOO_LARGE: user(
    "record",
    "Operator {operator} has a record of {bytes} bytes; the limit is {limit} (option maxRecordBytes).",
  ),
  MR_RECORD_NO_TIMESTAMP: user(
    "record",
    "Record has Long.MIN_VALUE timestamp (= no timestamp marker). Is the time characteristic set to 'ProcessingTime', or did you forget to call 'DataStream.assignTimestampsAndWatermarks(...)'? Event-time windows need a time in every record.",
  ),
  MR_STATE_NO_KEY: user(
    "record",
    "Operator {operator}: there is no current key. Keyed state and timers belong to the key of a record or timer that is being processed: use them inside these calls only, on a keyed stream.",
  ),
  MR_STATE_NOT_KEYED: user(
    "job",
    "Task {task}: {operation} needs a keyed stream. Use keyBy() before the operator; keyed state belongs to a key.",
  ),
  MR_TIMERS_NOT_KEYED: user(
    "record",
    "Operator {operator}: {action} timers is only supported on a keyed streams. Use keyBy() before it.",
  ),
  MR_STATE_KIND: user(
    "job",
    "Operator {operator}: state {state} is {first} in one place and {second} in another. Give each state of an operator a name of its own, and restore a snapshot with states of the same kinds, with or without time to live as they were.",
  ),
  MR_BROADCAST_STATE_UNKNOWN: user(
    "record",
    "Operator {operator}: The requested state does not exist: broadcast state {state}. Check for typos in your state descriptor, or give it to broadcast() if you forgot to.",
  ),
  MR_BROADCAST_READ_ONLY: user(
    "record",
    "Operator {operator}: broadcast state {state} is read-only here. Change it in processBroadcastElement() only, so that it is the same in every subtask.",
  ),
  MR_BROADCAST_NO_KEY: user(
    "record",
    "Operator {operator}: {what} cannot be used in processBroadcastElement(), since a broadcast record has no key. Use applyToKeyedState() for the state of all keys, and timers in processElement().",
  ),
  MR_JOIN_NO_TIMESTAMP: user(
    "record",
    "Operator {operator}: Long.MIN_VALUE timestamp: Elements used in interval stream joins need to have timestamps meaningful timestamps. Use assignTimestampsAndWatermarks() before the join.",
  ),
  MR_STATE_NULL: user(
    "record",
    "Operator {operator}: state {state} cannot hold {value}. Leave such elements out.",
  ),
  MR_WINDOW_GAP: user(
    "record",
    "Dynamic session time gap must satisfy 0 < gap; it is {actual}. Return whole milliseconds above 0 from the gap function.",
  ),
  MR_WINDOW_STATE: user(
    "record",
    "Operator {operator}: Per-window state is not allowed when using merging windows. Use globalState(), or windows that do not merge.",
  ),
  MR_WINDOW_MERGE: user(
    "record",
    "Operator {operator}: The end timestamp of {time} window cannot become earlier than the current {clock} by merging. Current {clock}: {now} window: {window}. Allow for more lateness, or use larger gaps.",
  ),
  MR_KEY_NULL: user(
    "record",
    "Assigned key must not be null! Operator {operator}, row {row}: the key is {value}. Filter such records out before keyBy().",
  ),
  MR_KEY_NAN: user(
    "record",
    "Operator {operator}, row {row}: the key is NaN, which equals nothing, not even itself. Filter such records out before keyBy().",
  ),
  MR_KEY_TYPE: user(
    "record",
    "Operator {operator}: a key cannot be a {actual}. Use strings, numbers, bigints, booleans, or tuples and rows of them.",
  ),
  MR_FILTER_NOT_BOOLEAN: user(
    "record",
    "Operator {operator}: the filter function returned {actual} instead of a boolean. Write the comparison out, for example value !== undefined.",
  ),
  MR_FUNCTION_THREW: user(
    "record",
    "Operator {operator}, subtask {subtask}: the function threw at {position} on {record}: {message}",
  ),
  MR_FUNCTION_ASYNC: user(
    "record",
    "Operator {operator}: the function returned a Promise. Functions are synchronous: state and timers belong to the key of the record at hand, which another one may have taken when an await is over. Use AsyncDataStream for I/O.",
  ),
  MR_TIMESTAMP_INVALID: user(
    "record",
    "Operator {operator}: the {what} is {actual}; expected whole milliseconds since the epoch that fit 64 bits. Round with Math.floor().",
  ),
  MR_FEATURE_UNSUPPORTED: user("job", "{operation} is not supported. {advice}"),
  MR_ASYNC_TIMEOUT: external(
    "record",
    "Operator {operator}, subtask {subtask}: Async function call has timed out. No result came within {timeoutMs} ms for {record}. Allow more time, or give the function a timeout(value, resultFuture) that answers instead.",
  ),
  MR_FUNCTION_INVALID: user("job", "{operation}: expected {expected}, got {actual}."),
  MR_FIELD_UNKNOWN: user(
    "job",
    "Operator {operator}: there is no field {field}; the record has {fields}.",
  ),
  MR_FIELD_NOT_NUMERIC: user(
    "record",
    "Operator {operator}: field {field} is {actual}; {operation} needs a number.",
  ),
  MR_PARTITION_OUT_OF_RANGE: user(
    "record",
    "Operator {operator}: the partitioner returned {actual}; expected an integer from 0 to {last}.",
  ),
  MR_SOURCE_NOT_FOUND: user(
    "job",
    "Source {operator}: {path} does not exist. Give the path of a file, a directory or a glob that matches.",
  ),
  MR_SOURCE_UNREADABLE: external("job", "Source {operator}: cannot read {path}: {message}"),
  MR_SOCKET_FAILED: external(
    "job",
    "Socket source {host}:{port}: {message}. Start the server first (nc -lk {port}), or set a reconnect option.",
  ),
  MR_SINK_FAILED: external("job", "Sink {operator}: {message}"),
  MR_MEMORY_EXHAUSTED: user(
    "job",
    "Subtask {subtask} asked for {requested} bytes; its slot has {available} of {budget} left. Raise memoryPerSlot, or lower the parallelism or the number of keys.",
  ),
  MR_CHECKPOINT_NOT_RUNNING: {
    ...internal(
      "job",
      "Operator {operator} was asked for a checkpoint before it was running. The next checkpoint finds it running.",
    ),
    retry: "next-checkpoint",
  },
  MR_CHECKPOINT_UNSUITABLE: user(
    "job",
    "The job cannot start from checkpoint {checkpoint}: {message}. Start it as it was when the checkpoint was taken, or without it.",
  ),
  MR_CHECKPOINT_UNMATCHED_STATE: user(
    "job",
    "Snapshot {path} has state of operators that the job has not: {operators}. Give them the uid they had, or leave their state out with --allow-non-restored-state.",
  ),
  MR_SOURCE_CHANGED: user(
    "job",
    "{operator} goes on from a checkpoint up to its record {end}, and the program has {count} records now. Let the program make the records that it made when the checkpoint was taken.",
  ),
  MR_TASK_NOT_ENDED: user(
    "subtask",
    "Slot {slot} was taken down: a task that had failed or was canceled did not end within {graceMs} ms. Look for a function that does not return, or a promise in close() that never settles.",
  ),
  MR_COLLECT_REPEATED: user(
    "job",
    "The job has started again from nothing, and the rows collected so far would come again. Enable checkpoints: then only rows that are final are handed over.",
  ),
  MR_SAVEPOINT_FAILED: external("job", "There is no savepoint: {reason}"),
  MR_WORKER_DIED: internal("job", "Worker of slot {slot} ended: {message}"),
  MR_WORKER_OUT_OF_MEMORY: user(
    "subtask",
    "Worker of slot {slot} ran out of JavaScript heap: {message}. Raise workerHeapMb, or keep less in functions and closures.",
  ),
  MR_SOURCE_NOT_REPLAYABLE: user(
    "job",
    "{operator} cannot read again what it has read: after a failure, state goes back to the last checkpoint, and the records since then are lost. Use a source that can, such as files, where that matters.",
  ),
  MR_CHECKPOINT_EXPIRED: external(
    "job",
    "Checkpoint {checkpoint} was not complete after {timeoutMs} ms; missing: {missing}. Look for backpressure or a slow disk there, or allow more time (checkpointTimeout).",
  ),
  MR_SAVEPOINT_STOP_FAILED: external(
    "job",
    "Savepoint {checkpoint}, which was to stop the job, failed when sources had ended already: the job starts again from its last checkpoint. Ask for the savepoint again.",
  ),
  MR_CHECKPOINT_FAILURES: external(
    "job",
    "Exceeded checkpoint tolerable failure threshold: more than {tolerable} failed in a row. The cause is that of the last one; raise the number (tolerableFailedCheckpoints) if the job can go on without.",
  ),
  MR_JOB_CANCELED: user("job", "Job {job} was canceled."),
  MR_TESTING_CLOSED: user(
    "job",
    "{operation}: the {what} is closed. Create another, or close it behind its last use only.",
  ),
  MR_TESTING_BACKWARDS: user(
    "job",
    "{what} is at {last} and cannot go back to {actual}. Time in a test only goes on, as in a job.",
  ),
  MR_TESTING_TAG_UNKNOWN: user(
    "job",
    "The harness does not keep side output {tag}; it keeps {known}. Name its tag in the option sideOutputs when you create the harness.",
  ),
  MR_TESTING_SNAPSHOT: user(
    "job",
    "The snapshot cannot be restored: {message}. Restore it into a harness of the same operators, engine and maximum parallelism.",
  ),
  MR_TESTING_DEADLINE: user(
    "job",
    "Job {job} was {status} after {deadlineMs} ms and was canceled. {advice}",
  ),
  MR_JOB_FAILED: internal("job", "The job failed outside its tasks: {message}"),
  MR_BUNDLE_FAILED: user(
    "job",
    "The job's entry file {entry} cannot be bundled for the workers: {message}",
  ),
  MR_BUNDLE_INVALID: user(
    "job",
    "The job bundle cannot be used: {message}. Make one with `millrace package <file>`.",
  ),
  MR_COMPILE_FAILED: internal(
    "job",
    "Generated module {module} does not compile: {diagnostics}. This is a fault of the engine; its operators can run as JavaScript.",
  ),
  MR_COMPILE_TIMEOUT: internal(
    "job",
    "Generated module {module} was not compiled within {timeoutMs} ms. Its operators can run as JavaScript.",
  ),
  MR_COMPILE_ABORTED: internal(
    "job",
    "The compiler ended while generated module {module} waited for it: {message}. Its operators can run as JavaScript.",
  ),
  MR_COMPILE_QUEUE_FULL: internal(
    "job",
    "Generated module {module} was not compiled: {waiting} others are waiting already. Its operators can run as JavaScript.",
  ),
  MR_COMPILER_UNAVAILABLE: external(
    "cluster",
    "The compiler of generated modules cannot start: {message}. Install the package anew; until then operators run as JavaScript.",
  ),
  MR_CACHE_UNUSABLE: external(
    "cluster",
    "Compiled modules cannot be kept in {directory}: {message}. Every process compiles them anew; let MILLRACE_CACHE_DIR name a folder that can be written to.",
  ),
  MR_PROGRAM_NOT_FOUND: user(
    "job",
    "There is no program {path}. Give the path of a .ts, .js or .mjs file.",
  ),
  MR_PROGRAM_NO_JOB: user(
    "job",
    "{path} ran to its end without execute() and exports no job. Call env.execute(), or export default defineJob(...).",
  ),
  MR_PROGRAM_THREW: user("job", "The program threw: {message}"),
  MR_SERVICE_UNREACHABLE: external(
    "cluster",
    "There is no service at {target}: {message}. Start one, or name another one with --target.",
  ),
  MR_SERVICE_REFUSED: user("job", "The service refused with status {status}: {message}"),
  MR_SUBMIT_TIMEOUT: user(
    "job",
    "The program has not started a job within {timeoutMs} ms and was ended. Call execute() sooner, and wait for nothing before.",
  ),
  MR_JOB_NOT_FOUND: user("job", "There is no job {job} here."),
  MR_JOB_NOT_RUNNING: user("job", "Job {job} is not running. Ask again when it is."),
  MR_JOB_ID_IN_USE: user(
    "job",
    "There is a job {job} already. Give the new one another id, or none.",
  ),
  MR_JAR_NOT_FOUND: user("job", "There is no job bundle {jar} here. Upload it first."),
  MR_DATA_DIRECTORY: external(
    "cluster",
    "The data directory {directory} cannot be used: {message}. Use another one, or end what uses it.",
  ),
  MR_SERVER_ADDRESS: external(
    "cluster",
    "The server cannot listen on {host} port {port}: {message}. End what uses it, or choose another one (--port, --host).",
  ),
  MR_SERVER_INSECURE: user(
    "cluster",
    "The server does not listen on {host}: {reason}. Who reaches it may run code here, so other addresses than this machine's need tokens and TLS (--token, --tls-cert, --tls-key).",
  ),
  MR_JOB_PROCESS_ENDED: external(
    "job",
    "The process of the job ended before the job did: {how}. Its log has what it said last.",
  ),
  MR_JOB_PROCESS_SILENT: external(
    "job",
    "The process of the job was silent for {silentMs} ms and was killed: its program blocks the main thread. Do long work in functions of operators, or asynchronously.",
  ),
  MR_JOB_MEMORY: external(
    "job",
    "The process of the job was killed: it took {usedMb} MiB, its budget is {budgetMb} MiB. Keep less in memory, or raise the budget of job processes.",
  ),
  MR_CHECKPOINT_STORAGE: {
    domain: "external",
    retry: "next-checkpoint",
    scope: "job",
    text: "Checkpoint storage fails at {path}: {message}. See that the folder is there, may be written to and has space.",
  },
  MR_CHECKPOINT_FOLDER_IN_USE: external(
    "job",
    "Checkpoint folder {folder} is in use by process {pid} on {host}. End that job, or give this one a folder of its own. If there is no such process any more, remove {file}.",
  ),
  MR_SNAPSHOT_NOT_FOUND: user(
    "job",
    "There is no checkpoint or savepoint in {path}. Give the folder of a snapshot (it holds {manifest}), or start without one.",
  ),
  MR_SNAPSHOT_DAMAGED: {
    domain: "external",
    retry: "never",
    scope: "job",
    text: "Snapshot file {file} is refused: {reason}. {advice}",
  },
  MR_SNAPSHOT_VERSION: user(
    "job",
    "Snapshot file {file} has version {version} of the format; this version of Millrace reads up to {supported}. Restore it with the version that wrote it, or a later one.",
  ),
  MR_TASK_FAILED: internal(
    "subtask",
    "Task {task}, subtask {subtask}: {message}. This is a fault of the engine; its stack is in the cause.",
  ),
  MR_UPSTREAM_FAILED: internal("subtask", "An input of {operator} ended without end of input."),
  MR_KERNEL_FAILED: internal("subtask", "Operator {operator}: kernel {kernel} answered {status}."),
  MR_KERNEL_TRAP: internal("subtask", "Operator {operator}: kernel {kernel} trapped: {message}"),
  MR_BATCH_CORRUPT: internal("subtask", "A row batch is corrupt: {message}"),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

/** Form of an EngineError between threads and processes. */
export interface WireError {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly cause?:
    | WireError
    | { readonly name: string; readonly message: string; readonly stack?: string };
}

/** The one error class. `code` is a key of the table; `details` fill its text. */
export class EngineError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(formatError(code, details), cause === undefined ? undefined : { cause });
    this.name = "EngineError";
    this.code = code;
    this.details = details;
  }

  toWire(): WireError {
    const cause = this.cause;
    if (cause instanceof EngineError) {
      return { code: this.code, details: this.details, cause: cause.toWire() };
    }
    if (cause instanceof Error) {
      const { name, message, stack } = cause;
      const plain = stack === undefined ? { name, message } : { name, message, stack };
      return { code: this.code, details: this.details, cause: plain };
    }
    return { code: this.code, details: this.details };
  }

  static fromWire(wire: WireError): EngineError {
    if (wire.cause === undefined) return new EngineError(wire.code, wire.details);
    if ("code" in wire.cause) {
      return new EngineError(wire.code, wire.details, EngineError.fromWire(wire.cause));
    }
    const cause = new Error(wire.cause.message);
    cause.name = wire.cause.name;
    if (wire.cause.stack !== undefined) cause.stack = wire.cause.stack;
    return new EngineError(wire.code, wire.details, cause);
  }
}

function formatError(code: ErrorCode, details: ErrorDetails): string {
  return ERRORS[code].text.replace(/\{(\w+)\}/g, (placeholder, name: string) =>
    name in details ? String(details[name]) : placeholder,
  );
}
