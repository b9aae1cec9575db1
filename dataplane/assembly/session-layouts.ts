/** The structures of session windows as classes, so that the compiler says where their fields lie: see layouts.ts. */
import {
  SESSION_END,
  SESSION_NEXT,
  SESSION_SIZE,
  SESSION_START,
  SESSION_STATE,
  SESSION_TIMER_NEXT,
  SESSION_TIMER_PREV,
  SESSIONS_AREA,
  SESSIONS_COUNT,
  SESSIONS_CURSOR,
  SESSIONS_ELAPSED,
  SESSIONS_END,
  SESSIONS_END_COLUMN,
  SESSIONS_FIRING,
  SESSIONS_GAP,
  SESSIONS_HELD_ENTRY,
  SESSIONS_LATE_COUNT,
  SESSIONS_LATE_PTR,
  SESSIONS_LATENESS,
  SESSIONS_LISTS,
  SESSIONS_MASKS,
  SESSIONS_READY,
  SESSIONS_ROW,
  SESSIONS_ROW_LAYOUT_PTR,
  SESSIONS_SIZE,
  SESSIONS_SOURCE,
  SESSIONS_START,
  SESSIONS_TABLE_PTR,
  SESSIONS_TARGET,
  SESSIONS_VACANT,
  SESSIONS_VALUE_COLUMN,
  SESSIONS_WATERMARK,
  WHEEL_LEVELS,
} from "../protocol/session-layout.ts";

@unmanaged
class Area {
  start: i64;
  end: i64;
  state: u32;
  next: u32;
  timerNext: u32;
  timerPrev: u32;
}

/** Up to the masks of the wheel. */
@unmanaged
class Root {
  tablePtr: u32;
  area: u32;
  gap: i64;
  lateness: i64;
  watermark: i64;
  elapsed: u64;
  row: u32;
  ready: u32;
  count: u32;
  vacant: u32;
  firing: u32;
  target: u32;
  source: u32;
  valueColumn: u32;
  endColumn: u32;
  heldEntry: u32;
  latePtr: u32;
  lateCount: u32;
  cursor: u32;
  rowLayoutPtr: u32;
}

/** Nothing at run time; called so that it is compiled. */
export function checkSessionLayouts(): void {
  if (offsetof<Area>("start") !== SESSION_START) ERROR("SESSION_START");
  if (offsetof<Area>("end") !== SESSION_END) ERROR("SESSION_END");
  if (offsetof<Area>("state") !== SESSION_STATE) ERROR("SESSION_STATE");
  if (offsetof<Area>("next") !== SESSION_NEXT) ERROR("SESSION_NEXT");
  if (offsetof<Area>("timerNext") !== SESSION_TIMER_NEXT) ERROR("SESSION_TIMER_NEXT");
  if (offsetof<Area>("timerPrev") !== SESSION_TIMER_PREV) ERROR("SESSION_TIMER_PREV");
  if (offsetof<Area>() !== SESSION_SIZE) ERROR("SESSION_SIZE");
  if (offsetof<Root>("tablePtr") !== SESSIONS_TABLE_PTR) ERROR("SESSIONS_TABLE_PTR");
  if (offsetof<Root>("area") !== SESSIONS_AREA) ERROR("SESSIONS_AREA");
  if (offsetof<Root>("gap") !== SESSIONS_GAP) ERROR("SESSIONS_GAP");
  if (offsetof<Root>("lateness") !== SESSIONS_LATENESS) ERROR("SESSIONS_LATENESS");
  if (offsetof<Root>("watermark") !== SESSIONS_WATERMARK) ERROR("SESSIONS_WATERMARK");
  if (offsetof<Root>("elapsed") !== SESSIONS_ELAPSED) ERROR("SESSIONS_ELAPSED");
  if (offsetof<Root>("row") !== SESSIONS_ROW) ERROR("SESSIONS_ROW");
  if (offsetof<Root>("ready") !== SESSIONS_READY) ERROR("SESSIONS_READY");
  if (offsetof<Root>("count") !== SESSIONS_COUNT) ERROR("SESSIONS_COUNT");
  if (offsetof<Root>("vacant") !== SESSIONS_VACANT) ERROR("SESSIONS_VACANT");
  if (offsetof<Root>("firing") !== SESSIONS_FIRING) ERROR("SESSIONS_FIRING");
  if (offsetof<Root>("target") !== SESSIONS_TARGET) ERROR("SESSIONS_TARGET");
  if (offsetof<Root>("source") !== SESSIONS_SOURCE) ERROR("SESSIONS_SOURCE");
  if (offsetof<Root>("valueColumn") !== SESSIONS_VALUE_COLUMN) ERROR("SESSIONS_VALUE_COLUMN");
  if (offsetof<Root>("endColumn") !== SESSIONS_END_COLUMN) ERROR("SESSIONS_END_COLUMN");
  if (offsetof<Root>("heldEntry") !== SESSIONS_HELD_ENTRY) ERROR("SESSIONS_HELD_ENTRY");
  if (offsetof<Root>("latePtr") !== SESSIONS_LATE_PTR) ERROR("SESSIONS_LATE_PTR");
  if (offsetof<Root>("lateCount") !== SESSIONS_LATE_COUNT) ERROR("SESSIONS_LATE_COUNT");
  if (offsetof<Root>("cursor") !== SESSIONS_CURSOR) ERROR("SESSIONS_CURSOR");
  if (offsetof<Root>("rowLayoutPtr") !== SESSIONS_ROW_LAYOUT_PTR) ERROR("SESSIONS_ROW_LAYOUT_PTR");
  if (offsetof<Root>() !== SESSIONS_MASKS) ERROR("SESSIONS_MASKS");
  if (SESSIONS_MASKS + 8 * WHEEL_LEVELS !== SESSIONS_LISTS) ERROR("SESSIONS_LISTS");
  if (SESSIONS_LISTS + 256 * WHEEL_LEVELS !== SESSIONS_START) ERROR("SESSIONS_START");
  if (SESSIONS_START + 8 !== SESSIONS_END) ERROR("SESSIONS_END");
  if (SESSIONS_END + 8 !== SESSIONS_SIZE) ERROR("SESSIONS_SIZE");
}
