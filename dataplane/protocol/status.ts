/** What a kernel or a segment answers. Values below 0 are errors; worker/instance.ts maps them to an EngineError. */
export const STATUS_DONE = 0;
/** The output has no room: ship it, reset it, call again with the same cursor. */
export const STATUS_OUTPUT_FULL = 1;
/** Something only the host can do (a JavaScript call, an await) stands between here and the next row. */
export const STATUS_NEED_HOST = 2;
/** Compiled code left a row to JavaScript: nothing of it is in the output but what is to be skipped. */
export const STATUS_ROW_GIVEN_UP = 3;

export const STATUS_OUT_OF_MEMORY = -1;
export const STATUS_NULL_KEY = -2;
export const STATUS_NAN_KEY = -3;
export const STATUS_BAD_BATCH = -4;
export const STATUS_RECORD_TOO_LARGE = -5;
export const STATUS_NOT_NUMERIC = -6;
export const STATUS_NULL_VALUE = -7;
export const STATUS_TABLE_FROZEN = -8;
export const STATUS_NULL_TIMESTAMP = -9;
/** Sessions would become one that is over. */
export const STATUS_WINDOW_MERGE = -10;
