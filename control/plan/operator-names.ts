/** Names of operators and tasks, as Flink gives them. */
import type { KeySelectorSpec } from "../../dataplane/protocol/deployment.ts";
import type { StreamNode } from "./stream-graph.ts";
import { describeWatermarks } from "./watermark-plan.ts";

/** The program's name() or Flink's default, with Flink's prefix for sources and sinks. */
export function operatorName(node: StreamNode): string {
  const name = node.name ?? defaultName(node);
  if (node.kind === "source") return `Source: ${name}`;
  if (node.kind === "print" || node.kind === "collect" || node.kind === "sink")
    return `Sink: ${name}`;
  return name;
}

function defaultName(node: StreamNode): string {
  switch (node.kind) {
    case "source":
      return node.source.description;
    case "watermarks":
      return "Timestamps/Watermarks";
    case "map":
      return "Map";
    case "flatMap":
      return "Flat Map";
    case "filter":
      return "Filter";
    case "reduce":
      return "Keyed Reduce";
    case "rolling":
      return "Keyed Aggregation";
    case "connect":
      return CO_NAMES[node.function](node.isKeyed);
    case "broadcast":
      return node.isKeyed ? "Co-Process-Broadcast-Keyed" : "Co-Process-Broadcast";
    case "intervalJoin":
      return "Interval Join";
    case "async":
      return "async wait operator";
    case "process":
      return processName(node);
    case "window":
    case "windowJoin":
      return node.assignerName;
    case "print":
      return node.toStderr ? "Print to Std. Err" : "Print to Std. Out";
    case "collect":
      return "Data stream collect sink";
    case "sink":
      return node.sink.description;
  }
}

const CO_NAMES = {
  map: () => "Co-Map",
  flatMap: () => "Co-Flat Map",
  process: (isKeyed: boolean) => (isKeyed ? "Co-Keyed-Process" : "Co-Process"),
} as const;

const RICH_NAMES = { map: "Map", flatMap: "Flat Map", filter: "Filter" } as const;

function processName({ form, inputs }: Extract<StreamNode, { kind: "process" }>): string {
  if (form !== "process") return RICH_NAMES[form];
  return inputs[0]?.partitioner?.kind === "hash" ? "KeyedProcess" : "Process";
}

/** `A -> B -> (C, D)`: a chain and its branches. */
export function chainName(name: string, branches: readonly string[]): string {
  if (branches.length === 0) return name;
  const [only] = branches;
  return branches.length === 1 ? `${name} -> ${only}` : `${name} -> (${branches.join(", ")})`;
}

/** What an operator does beyond its name: `sum(1)`, `minBy(price, false)`. */
export function describeNode(node: StreamNode): string {
  switch (node.kind) {
    case "source": {
      const { description } = node.source;
      const { watermarks } = node;
      return watermarks === null
        ? description
        : `${description}, ${describeWatermarks(watermarks)}`;
    }
    case "watermarks":
      return describeWatermarks(node.watermarks);
    case "sink":
      return node.sink.description;
    case "rolling":
      return `${node.function}(${node.field}${node.first ? "" : ", false"})`;
    case "connect":
      return `connect().${node.function}()`;
    case "broadcast":
      return `broadcast(${node.states.join(", ")}).process()`;
    case "intervalJoin":
      return `intervalJoin(${node.lowerMs} ms, ${node.upperMs} ms)`;
    case "async":
      return describeAsync(node);
    case "print":
      return node.identifier === "" ? "print()" : `print(${JSON.stringify(node.identifier)})`;
    case "window":
    case "windowJoin":
      return node.description;
    case "collect":
      return "executeAndCollect()";
    case "process":
      return `${node.form}()`;
    default:
      return `${node.kind}()`;
  }
}

/** `unorderedWait(5000 ms, 100 at a time)` */
function describeAsync(node: Extract<StreamNode, { kind: "async" }>): string {
  const { ordered, timeoutMs, capacity, retry } = node;
  const method = `${ordered ? "ordered" : "unordered"}Wait${retry === null ? "" : "WithRetry"}`;
  const timeout = timeoutMs === 0 ? "no timeout" : `${timeoutMs} ms`;
  return `${method}(${timeout}, ${capacity} at a time)`;
}

/** `word`, `0, 1` or `function`. */
export function describeSelector(selector: KeySelectorSpec): string {
  switch (selector.kind) {
    case "function":
      return "function";
    case "field":
      return String(selector.field);
    case "fields":
      return selector.fields.join(", ");
  }
}
