/** The job of a harness: what its user defined between one or two inputs and the outputs that are kept. */
import { DiscardingSink } from "../../dataplane/connectors/discard-sink.ts";
import type { Source } from "../../dataplane/connectors/source.ts";
import type { OutputTag } from "../../dataplane/functions/output-tag.ts";
import type { BaseStream } from "../api/base-stream.ts";
import type { DataStream, SingleOutputStreamOperator } from "../api/data-stream.ts";
import { StreamExecutionEnvironment } from "../api/environment.ts";
import { invalidFunction } from "../api/functions.ts";
import { withJobHistory } from "../api/job-history.ts";
import { type JobSubmitter, withJobSubmitter } from "../api/job-submitter.ts";
import { describeValue } from "../common/describe-value.ts";
import { descriptorOf, type TypeInformation } from "../common/types.ts";
import type { EngineOptions, JobSettings } from "../config/settings.ts";
import type { CompiledPlan } from "../plan/job-graph.ts";

export interface HarnessDefinition {
  readonly operation: string;
  /** Of each input; undefined = found out from the records. */
  readonly types: readonly (TypeInformation<unknown> | undefined)[];
  readonly sideOutputs: readonly OutputTag<unknown>[];
  readonly options: EngineOptions;
  define(inputs: readonly DataStream<unknown>[]): BaseStream<unknown>;
}

export interface HarnessJob {
  readonly plan: CompiledPlan;
  readonly settings: JobSettings;
  /** Operator id of an input -> its index. */
  readonly inputs: ReadonlyMap<string, number>;
  /** Operator id of a kept output -> the id of its tag; null = the main output. */
  readonly outputs: ReadonlyMap<string, string | null>;
}

/** Errors: MR_FUNCTION_INVALID, those of the fluent API and of planning. */
export async function planHarnessJob(definition: HarnessDefinition): Promise<HarnessJob> {
  const env = StreamExecutionEnvironment.getExecutionEnvironment(definition.options);
  const sources = definition.types.map(openSource);
  const inputs = sources.map((source, index) =>
    env.fromSource(source, `input ${index + 1}`).setParallelism(1),
  );
  const result = definition.define(inputs);
  const keep = (stream: BaseStream<unknown>): DiscardingSink<unknown> => {
    const sink = new DiscardingSink<unknown>();
    stream.sinkTo(sink).setParallelism(1);
    return sink;
  };
  const sinks = new Map([[keep(checkStream(result, definition.operation)), null as string | null]]);
  for (const tag of definition.sideOutputs) {
    sinks.set(keep(sideOutputOf(result, tag, definition.operation)), tag.id);
  }
  const { plan, settings } = await planOf(env);
  return { plan, settings, ...placesOf(plan, sources, sinks) };
}

/** Submits the job to nobody, and answers what would have been run. */
function planOf(
  env: StreamExecutionEnvironment,
): Promise<{ readonly plan: CompiledPlan; readonly settings: JobSettings }> {
  return new Promise((resolve, reject) => {
    const submitter: JobSubmitter = {
      submit(plan, settings) {
        resolve({ plan, settings });
        return new Promise<never>(() => undefined);
      },
    };
    withJobHistory(() => withJobSubmitter(submitter, () => env.executeAsync("harness"))).catch(
      reject,
    );
  });
}

function placesOf(
  { functions }: CompiledPlan,
  sources: readonly unknown[],
  sinks: ReadonlyMap<unknown, string | null>,
): Pick<HarnessJob, "inputs" | "outputs"> {
  const inputs = new Map<string, number>();
  const outputs = new Map<string, string | null>();
  for (const [place, fn] of functions) {
    const [operatorId = ""] = place.split("/");
    const index = sources.indexOf(fn);
    if (index >= 0) inputs.set(operatorId, index);
    const tag = sinks.get(fn);
    if (tag !== undefined) outputs.set(operatorId, tag);
  }
  return { inputs, outputs };
}

/** Stands in the plan only: the harness puts a head of its own in its place. */
function openSource(type: TypeInformation<unknown> | undefined): Source<unknown> {
  const refuse = (): never => {
    throw new TypeError("the input of a harness is not read");
  };
  return {
    boundedness: "CONTINUOUS_UNBOUNDED",
    producedType: type === undefined ? null : descriptorOf(type, "createHarness()"),
    maxSourceParallelism: 1,
    description: "input of a harness",
    createEnumerator: refuse,
    createReader: refuse,
  };
}

function checkStream(result: BaseStream<unknown>, operation: string): BaseStream<unknown> {
  if (typeof (result as Partial<BaseStream<unknown>> | undefined)?.sinkTo === "function") {
    return result;
  }
  throw invalidFunction(operation, "a function that returns a stream", describeValue(result));
}

function sideOutputOf(
  result: BaseStream<unknown>,
  tag: OutputTag<unknown>,
  operation: string,
): DataStream<unknown> {
  const operator = result as Partial<SingleOutputStreamOperator<unknown>>;
  if (operator.getSideOutput === undefined) {
    const expected = "a stream that comes from an operator, as sideOutputs are asked for";
    throw invalidFunction(operation, expected, "one that does not");
  }
  return operator.getSideOutput(tag);
}
