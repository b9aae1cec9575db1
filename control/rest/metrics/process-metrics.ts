/** Metrics of processes, under the names that Flink has for those of the Java machine. */
import type {
  ClusterInfo,
  JobInfo,
  ProcessFigures,
  TaskManagerInfo,
} from "../../cluster/cluster.ts";
import { doubleText, longText, type MetricValues } from "./metric-values.ts";

function processMetrics(figures: ProcessFigures): [string, string][] {
  const { rssBytes, heapTotalBytes } = figures;
  const nonHeap = longText(Math.max(0, rssBytes - heapTotalBytes));
  return [
    ["Status.JVM.CPU.Load", doubleText(figures.cpuLoad)],
    ["Status.JVM.CPU.Time", longText(figures.cpuTimeNs)],
    ["Status.JVM.Memory.Heap.Used", longText(figures.heapUsedBytes)],
    ["Status.JVM.Memory.Heap.Committed", longText(heapTotalBytes)],
    ["Status.JVM.Memory.Heap.Max", longText(figures.heapLimitBytes)],
    ["Status.JVM.Memory.NonHeap.Used", nonHeap],
    ["Status.JVM.Memory.NonHeap.Committed", nonHeap],
    ["Status.JVM.Memory.NonHeap.Max", "-1"],
    // Code and what belongs to it is counted with the rest of the process.
    ["Status.JVM.Memory.Metaspace.Used", "0"],
    ["Status.JVM.Memory.Metaspace.Committed", "0"],
    ["Status.JVM.Memory.Metaspace.Max", "-1"],
    ["Status.JVM.Memory.Direct.MemoryUsed", longText(figures.externalBytes)],
    ["Status.JVM.Memory.Direct.TotalCapacity", longText(figures.externalBytes)],
    ["Status.JVM.Threads.Count", longText(figures.threads)],
    ["Status.JVM.GarbageCollector.All.Count", longText(figures.gcCount)],
    ["Status.JVM.GarbageCollector.All.Time", longText(figures.gcTimeMs)],
  ];
}

export function jobManagerMetrics(
  info: ClusterInfo,
  jobs: readonly JobInfo[],
  taskManagers: readonly TaskManagerInfo[],
): MetricValues {
  const running = jobs.filter(({ status }) => status === "RUNNING");
  return new Map([
    ...processMetrics(info.process),
    ["taskSlotsTotal", longText(info.slotsTotal)],
    ["taskSlotsAvailable", longText(info.slotsAvailable)],
    ["numRegisteredTaskManagers", longText(taskManagers.length)],
    ["numRunningJobs", longText(running.length)],
  ]);
}

/** Flink cuts its network memory into pieces of this size. */
const SEGMENT_BYTES = 32_768;

export function taskManagerMetrics(taskManager: TaskManagerInfo): MetricValues {
  const { networkMemoryBytes, managedMemoryBytes, slots, freeSlots } = taskManager;
  const segments = longText(Math.trunc(networkMemoryBytes / SEGMENT_BYTES));
  const usedShare = slots === 0 ? 0 : (slots - freeSlots) / slots;
  return new Map([
    ...processMetrics(taskManager.process),
    ["Status.Flink.Memory.Managed.Total", longText(managedMemoryBytes)],
    ["Status.Flink.Memory.Managed.Used", longText(managedMemoryBytes * usedShare)],
    ["Status.Network.TotalMemorySegments", segments],
    ["Status.Network.AvailableMemorySegments", segments],
    ["Status.Shuffle.Netty.TotalMemory", longText(networkMemoryBytes)],
    ["Status.Shuffle.Netty.AvailableMemory", longText(networkMemoryBytes)],
    ["Status.Shuffle.Netty.UsedMemory", "0"],
  ]);
}
