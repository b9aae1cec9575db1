/** Keyed state for tests: keys are strings. */
import { KeyAccess } from "../../../../../dataplane/worker/operators/key-access.ts";
import { KeyedBackend } from "../../../../../dataplane/worker/state/keyed-backend.ts";

export function createBackend(): KeyedBackend {
  const operatorName = "test";
  const access = new KeyAccess({
    key: { kind: "key-column" },
    inputType: { record: { kind: "GENERIC" }, key: { kind: "STRING" } },
    maxParallelism: 128,
    operatorName,
  });
  return new KeyedBackend({ operatorName, maxRecordBytes: 1 << 20, access });
}
