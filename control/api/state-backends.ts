/** State backends under Flink's names. State is in memory; where checkpoints go is a setting of its own. */
import { EngineError } from "../../dataplane/protocol/errors.ts";

/** What setStateBackend() takes. @public */
export interface StateBackend {
  /** Where its checkpoints go; absent = as set elsewhere. */
  readonly checkpointStorage?: string | URL;
}

/** State in memory: the only backend there is, and the default. @public */
export class HashMapStateBackend implements StateBackend {
  declare readonly checkpointStorage?: string | URL;
}

/**
 * State and checkpoints in memory.
 * @deprecated As in Flink: HashMapStateBackend, and setCheckpointStorage("memory").
 * @public
 */
export class MemoryStateBackend implements StateBackend {
  readonly checkpointStorage = "memory";
}

/**
 * State in memory, checkpoints in a directory.
 * @deprecated As in Flink: HashMapStateBackend, and setCheckpointStorage(directory).
 * @public
 */
export class FsStateBackend implements StateBackend {
  readonly checkpointStorage: string | URL;

  constructor(directory: string | URL) {
    this.checkpointStorage = directory;
  }
}

/** State larger than memory: its constructor throws MR_FEATURE_UNSUPPORTED. @public */
export class EmbeddedRocksDBStateBackend implements StateBackend {
  declare readonly checkpointStorage?: string | URL;

  constructor() {
    throw onDisk("EmbeddedRocksDBStateBackend", "new HashMapStateBackend()");
  }
}

/**
 * State larger than memory: its constructor throws MR_FEATURE_UNSUPPORTED.
 * @deprecated As in Flink: EmbeddedRocksDBStateBackend, and setCheckpointStorage(directory).
 * @public
 */
export class RocksDBStateBackend implements StateBackend {
  declare readonly checkpointStorage?: string | URL;

  constructor(_directory?: string | URL) {
    throw onDisk(
      "RocksDBStateBackend",
      "new HashMapStateBackend() and setCheckpointStorage(directory)",
    );
  }
}

function onDisk(name: string, instead: string): EngineError {
  return new EngineError("MR_FEATURE_UNSUPPORTED", {
    operation: name,
    advice: `State that is larger than memory is not built yet: use ${instead}, with as many slots and as much memoryPerSlot as the state needs.`,
  });
}
