/** The Flink whose REST API this is: clients ask for it, and take bodies apart by it. */
export const FLINK_VERSION = "1.20.5";
export const FLINK_COMMIT = "0980485";
export const FLINK_REVISION = "0980485 @ 2026-06-08T09:21:06+02:00";
