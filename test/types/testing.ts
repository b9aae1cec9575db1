/** Types of the test kit, checked by the compiler. */
import { type DataStream, MapStateDescriptor, OutputTag, Types } from "../../control/index.ts";
import {
  createHarness,
  createTwoInputHarness,
  MiniCluster,
  ProcessFunctionTestHarnesses,
  type StreamRecord,
} from "../../control/testing.ts";

export async function oneInput(): Promise<void> {
  const late = new OutputTag<{ id: number }>("late");
  const harness = await createHarness(
    (input: DataStream<string>) => input.map((text) => text.length),
    { sideOutputs: [late] },
  );
  const values: readonly number[] = harness.extractOutputValues();
  const side: readonly StreamRecord<{ id: number }>[] = harness.getSideOutput(late);
  await harness.processElement(`${values.length} ${side.length}`, 5);
  // @ts-expect-error the harness takes strings
  await harness.processElement(5);
  // @ts-expect-error the type is one of the records
  await createHarness((input: DataStream<string>) => input, { type: Types.INT });
  // @ts-expect-error there is one input
  await harness.processElement1("a");
}

export async function twoInputs(): Promise<void> {
  const harness = await createTwoInputHarness(
    (orders: DataStream<{ id: string }>, names: DataStream<string>) =>
      orders.connect(names).map(
        (order) => order.id,
        (name) => name,
      ),
  );
  await harness.processElement1({ id: "a" });
  await harness.processElement2("a");
  // @ts-expect-error the second input takes strings
  await harness.processElement2({ id: "a" });
}

export async function functions(): Promise<void> {
  const keyed = await ProcessFunctionTestHarnesses.forKeyedProcessFunction(
    (value: [string, number], ctx, out: { collect(value: string): void }) => {
      out.collect(ctx.getCurrentKey() + value[1]);
    },
    (value: [string, number]) => value[0],
  );
  await keyed.processElement(["a", 1]);
  const state = new MapStateDescriptor<string, number>("state");
  await ProcessFunctionTestHarnesses.forBroadcastProcessFunction(
    {
      processElement(value: number, _ctx, out: { collect(value: number): void }) {
        out.collect(value);
      },
      processBroadcastElement(name: string, ctx) {
        ctx.getBroadcastState(state).put(name, 1);
      },
    },
    [state],
  );
}

export async function cluster(): Promise<readonly number[]> {
  const mini = new MiniCluster({ parallelism: 2 });
  // @ts-expect-error it always runs in the process
  new MiniCluster({ execution: "pool" });
  return mini.collect((env) => env.fromElements("a").map((text) => text.length));
}
