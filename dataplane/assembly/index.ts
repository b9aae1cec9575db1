/**
 * The kernels: one module for every chain subtask, typed for JavaScript in memory/kernels.ts.
 * Imported first and then exported: asc does not find `export ... from "./x.ts"`.
 */
import { alloc, blockSize, free, memInit } from "./allocator.ts";
import {
  builderCommit,
  builderCommitValues,
  builderCreate,
  builderDispose,
  builderReserveHeap,
  builderReserveValues,
  builderReset,
  builderRowBits,
} from "./builder.ts";
import { crc32c, crc32cTables } from "./crc32c.ts";
import { latestTime, setTimes } from "./event-times.ts";
import { foldBegin, foldCreate, foldDispose, foldEnd, foldFinish, foldRun } from "./fold.ts";
import { gatherRange, gatherSelected } from "./gather.ts";
import { hashBytes, hashU64 } from "./hash.ts";
import { murmurHash } from "./java-hash.ts";
import { keyGroupsOf } from "./key-group.ts";
import { checkLayouts } from "./layouts.ts";
import { splitLines } from "./lines.ts";
import {
  rollingCreate,
  rollingDispose,
  rollingFinish,
  rollingProcess,
  rollingRun,
} from "./rolling.ts";
import { scatterChannels, scatterPlan, scatterRoundRobin } from "./scatter.ts";
import { builderSeal } from "./seal.ts";
import { sessionsEmit, sessionsFire } from "./session-fire.ts";
import { sessionsBeginMerge, sessionsEndMerge } from "./session-merge.ts";
import { sessionsEncode, sessionsRestore } from "./session-rows.ts";
import { sessionsAssign, sessionsCreate, sessionsDispose, sessionsTake } from "./sessions.ts";
import { hasSmallIntegers } from "./small-integers.ts";
import { tableClear, tableCreate, tableDispose } from "./table.ts";
import { tableEncodeStep, tableScan } from "./table-encode.ts";
import { tableReserve } from "./table-grow.ts";
import { tableRestore } from "./table-restore.ts";
import { tableFreeze, tableThaw } from "./table-track.ts";
import { viewOpen } from "./view.ts";
import { paneChannels, stampRows, timeBounds } from "./window-rows.ts";

export {
  alloc,
  blockSize,
  builderCommit,
  builderCommitValues,
  builderCreate,
  builderDispose,
  builderReserveHeap,
  builderReserveValues,
  builderReset,
  builderRowBits,
  builderSeal,
  checkLayouts,
  crc32c,
  crc32cTables,
  foldBegin,
  foldCreate,
  foldDispose,
  foldEnd,
  foldFinish,
  foldRun,
  free,
  gatherRange,
  gatherSelected,
  hashBytes,
  hashU64,
  hasSmallIntegers,
  keyGroupsOf,
  latestTime,
  memInit,
  murmurHash,
  paneChannels,
  rollingCreate,
  rollingDispose,
  rollingFinish,
  rollingProcess,
  rollingRun,
  scatterChannels,
  scatterPlan,
  scatterRoundRobin,
  sessionsAssign,
  sessionsBeginMerge,
  sessionsCreate,
  sessionsDispose,
  sessionsEmit,
  sessionsEncode,
  sessionsEndMerge,
  sessionsFire,
  sessionsRestore,
  sessionsTake,
  setTimes,
  splitLines,
  stampRows,
  tableClear,
  tableCreate,
  tableDispose,
  tableEncodeStep,
  tableFreeze,
  tableReserve,
  tableRestore,
  tableScan,
  tableThaw,
  timeBounds,
  viewOpen,
};
