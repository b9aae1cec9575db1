/**
 * The exports of the kernels module as they are. Addresses and counts are unsigned: an address that a
 * kernel returns comes as a signed number and needs `>>> 0`. What each one does is said at its source
 * in dataplane/assembly. Statuses are those of protocol/status.ts.
 */
export interface Kernels {
  memInit(): void;
  alloc(bytes: number): number;
  free(ptr: number, bytes: number): void;
  blockSize(bytes: number): number;

  builderCreate(
    schemaPtr: number,
    rowCapacity: number,
    byteCapacity: number,
    flags: number,
  ): number;
  builderDispose(builder: number): void;
  builderReset(builder: number): void;
  builderReserveHeap(builder: number, column: number, bytes: number): number;
  builderReserveValues(builder: number, column: number, count: number): number;
  builderCommitValues(builder: number, column: number, count: number): void;
  builderCommit(builder: number, rows: number): void;
  builderRowBits(builder: number): number;
  builderSeal(builder: number, schemaId: number): number;
  viewOpen(view: number, schema: number, batch: number, limit: number, full: number): number;

  gatherRange(
    view: number,
    from: number,
    count: number,
    builder: number,
    keyGroups: number,
  ): number;
  gatherSelected(
    view: number,
    selection: number,
    from: number,
    count: number,
    builder: number,
    keyGroups: number,
  ): number;

  keyGroupsOf(
    view: number,
    keyFields: number,
    keyFieldCount: number,
    maxParallelism: number,
    target: number,
  ): number;
  murmurHash(hash: number): number;

  scatterPlan(
    view: number,
    keyGroups: number,
    channelTable: number,
    channelCount: number,
    scratch: number,
  ): void;
  scatterChannels(channels: number, rows: number, channelCount: number, scratch: number): void;
  scatterRoundRobin(rows: number, first: number, channelCount: number, scratch: number): void;

  splitLines(
    input: number,
    length: number,
    scanned: number,
    isLast: number,
    builder: number,
    column: number,
    maxRecordBytes: number,
    result: number,
  ): number;

  tableCreate(layout: number, firstGroup: number, groupCount: number, seed: bigint): number;
  tableDispose(table: number): void;
  tableClear(table: number): void;
  tableFreeze(table: number, mode: number): number;
  tableThaw(table: number): void;
  tableEncodeStep(table: number, builder: number): number;
  tableRestore(table: number, view: number): number;
  tableReserve(table: number, entries: number, homes: number): void;
  tableScan(table: number, entries: number, limit: number): number;

  rollingCreate(
    table: number,
    rollingFunction: number,
    field: number,
    keepsFirst: number,
    finalOnly: number,
  ): number;
  rollingDispose(rolling: number): void;
  /** 1 = the column has small integers only, and no null. */
  hasSmallIntegers(view: number, column: number): number;
  rollingProcess(
    rolling: number,
    view: number,
    keyGroups: number,
    builder: number,
    row: number,
  ): number;
  rollingRun(rolling: number, view: number, row: number, count: number): number;
  rollingFinish(rolling: number, builder: number): number;

  foldCreate(table: number, rowLayout: number, finalOnly: number): number;
  foldDispose(fold: number): void;
  foldBegin(
    fold: number,
    view: number,
    keyGroups: number,
    row: number,
    values: number,
    output: number,
  ): number;
  foldEnd(
    fold: number,
    view: number,
    row: number,
    count: number,
    values: number,
    output: number,
  ): number;
  foldRun(fold: number, view: number, row: number, count: number, values: number): number;
  foldFinish(fold: number, output: number): number;

  sessionsCreate(
    table: number,
    area: number,
    rowLayout: number,
    gap: bigint,
    lateness: bigint,
    valueColumn: number,
    endColumn: number,
  ): number;
  sessionsDispose(sessions: number): void;
  sessionsAssign(sessions: number, view: number, keyGroups: number): number;
  sessionsTake(sessions: number, count: number): void;
  sessionsBeginMerge(sessions: number, builder: number): number;
  sessionsEndMerge(sessions: number): void;
  sessionsFire(sessions: number, watermark: bigint, builder: number): number;
  sessionsEmit(sessions: number, builder: number): number;
  sessionsEncode(sessions: number, builder: number): number;
  sessionsRestore(sessions: number, view: number, keyGroups: number): number;

  timeBounds(view: number, bounds: number): number;
  paneChannels(view: number, first: bigint, paneMs: bigint, last: number, channels: number): number;
  stampRows(builder: number, from: number, time: bigint): void;
  setTimes(builder: number, from: number, count: number, times: number, shift: bigint): void;
  latestTime(view: number, from: number, to: number): bigint;

  crc32cTables(tables: number): void;
  crc32c(tables: number, crc: number, ptr: number, length: number): number;

  hashU64(key: bigint, seed: bigint): bigint;
  hashBytes(ptr: number, length: number, seed: bigint): bigint;
}
