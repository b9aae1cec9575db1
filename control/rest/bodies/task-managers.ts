/** Places that tasks run in. Names are those of the Java machine; what Node has no like of is 0. */
import type { ProcessFigures, TaskManagerInfo } from "../../cluster/cluster.ts";
import { Double, type Json } from "../json.ts";

const MEBIBYTE = 2 ** 20;
/** Flink cuts its network memory into pieces of this size. */
const SEGMENT_BYTES = 32_768;

export function taskManagerListBody(taskManagers: readonly TaskManagerInfo[]): Json {
  return { taskmanagers: taskManagers.map(taskManagerBody) };
}

export function taskManagerDetailsBody(taskManager: TaskManagerInfo): Json {
  const { allocated, process } = taskManager;
  return {
    ...taskManagerBody(taskManager),
    allocatedSlots: allocated.map(({ jobId }) => ({
      jobId,
      resource: resourceBody(taskManager, 1),
    })),
    metrics: metricsBody(taskManager, process),
  };
}

function taskManagerBody(taskManager: TaskManagerInfo): { [name: string]: Json } {
  const { taskManagerId, host, port, slots, freeSlots, heardMs } = taskManager;
  return {
    id: taskManagerId,
    path: `pekko.tcp://flink@${host}:${port}/user/rpc/taskmanager_0`,
    dataPort: port,
    jmxPort: -1,
    timeSinceLastHeartbeat: heardMs,
    slotsNumber: slots,
    freeSlots,
    totalResource: resourceBody(taskManager, slots),
    freeResource: resourceBody(taskManager, freeSlots),
    hardware: {
      cpuCores: taskManager.cpuCores,
      physicalMemory: taskManager.physicalMemoryBytes,
      freeMemory: taskManager.process.heapLimitBytes,
      managedMemory: taskManager.managedMemoryBytes,
    },
    memoryConfiguration: memoryBody(taskManager),
  };
}

/** The share of some of its slots. */
function resourceBody(taskManager: TaskManagerInfo, slots: number): Json {
  const share = taskManager.slots === 0 ? 0 : slots / taskManager.slots;
  const mebibytes = (bytes: number): number => Math.trunc((bytes * share) / MEBIBYTE);
  return {
    cpuCores: new Double(slots),
    taskHeapMemory: mebibytes(taskManager.process.heapLimitBytes),
    taskOffHeapMemory: 0,
    managedMemory: mebibytes(taskManager.managedMemoryBytes),
    networkMemory: mebibytes(taskManager.networkMemoryBytes),
    extendedResources: {},
  };
}

function memoryBody({ process, networkMemoryBytes, managedMemoryBytes }: TaskManagerInfo): Json {
  const total = process.heapLimitBytes + networkMemoryBytes + managedMemoryBytes;
  return {
    frameworkHeap: 0,
    taskHeap: process.heapLimitBytes,
    frameworkOffHeap: 0,
    taskOffHeap: 0,
    networkMemory: networkMemoryBytes,
    managedMemory: managedMemoryBytes,
    jvmMetaspace: 0,
    jvmOverhead: 0,
    totalFlinkMemory: total,
    totalProcessMemory: total,
  };
}

function metricsBody({ networkMemoryBytes }: TaskManagerInfo, process: ProcessFigures): Json {
  const segments = Math.trunc(networkMemoryBytes / SEGMENT_BYTES);
  return {
    heapUsed: process.heapUsedBytes,
    heapCommitted: process.heapTotalBytes,
    heapMax: process.heapLimitBytes,
    nonHeapUsed: Math.max(0, process.rssBytes - process.heapTotalBytes),
    nonHeapCommitted: Math.max(0, process.rssBytes - process.heapTotalBytes),
    nonHeapMax: -1,
    directCount: 0,
    directUsed: process.externalBytes,
    directMax: process.externalBytes,
    mappedCount: 0,
    mappedUsed: 0,
    mappedMax: 0,
    memorySegmentsAvailable: segments,
    memorySegmentsTotal: segments,
    nettyShuffleMemorySegmentsAvailable: segments,
    nettyShuffleMemorySegmentsUsed: 0,
    nettyShuffleMemorySegmentsTotal: segments,
    nettyShuffleMemoryAvailable: networkMemoryBytes,
    nettyShuffleMemoryUsed: 0,
    nettyShuffleMemoryTotal: networkMemoryBytes,
    garbageCollectors: [
      { name: "All", count: process.gcCount, time: Math.round(process.gcTimeMs) },
    ],
  };
}
