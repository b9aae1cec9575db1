/** Kind `pipeline`: operators in a row; each hands all it puts out during an event to the next at once. */
import type { Engine } from "../kind.ts";
import type { Operator, OperatorKind, SideElement, StreamElement } from "../operator.ts";
import type { OperatorDescription } from "../vectors.ts";

interface PipelineDescription extends OperatorDescription {
  /** Each but the first says what types its input has. */
  readonly stages: readonly (OperatorDescription & { readonly types?: readonly string[] })[];
}

/** @param operators the kinds that can be stages */
export function pipelineOf(operators: ReadonlyMap<string, OperatorKind>): OperatorKind {
  return {
    unsupported: (description) => unsupported(description as PipelineDescription, operators),
    create: (description, types, engine) => {
      const { stages } = description as PipelineDescription;
      return new Pipeline(
        stages.map((stage) => createStage(stage, stage.types ?? types, engine, operators)),
      );
    },
  };
}

function unsupported(
  { stages }: PipelineDescription,
  operators: ReadonlyMap<string, OperatorKind>,
): string | null {
  for (const stage of stages) {
    const operator = operators.get(stage.kind);
    const reason = operator === undefined ? `kind ${stage.kind}` : operator.unsupported(stage);
    if (reason !== null) return reason;
  }
  return null;
}

function createStage(
  stage: OperatorDescription,
  types: readonly string[],
  engine: Engine,
  operators: ReadonlyMap<string, OperatorKind>,
): Operator {
  const operator = operators.get(stage.kind);
  if (operator === undefined) throw new TypeError(`There is no kind ${stage.kind}.`);
  return operator.create(stage, types, engine);
}

class Pipeline implements Operator {
  readonly #stages: readonly Operator[];

  constructor(stages: readonly Operator[]) {
    this.#stages = stages;
  }

  get engines(): Operator["engines"] {
    return this.#stages.flatMap((stage) => stage.engines);
  }

  async open(): Promise<void> {
    for (const stage of this.#stages) await stage.open();
  }

  process(element: StreamElement): Promise<StreamElement[]> {
    return this.#feed(0, [element]);
  }

  finish(): Promise<StreamElement[]> {
    return this.#each((stage) => stage.finish());
  }

  advanceClock(ms: bigint): Promise<StreamElement[]> {
    return this.#each((stage) => stage.advanceClock(ms));
  }

  takeSideOutputs(): readonly SideElement[] {
    return this.#stages.flatMap((stage) => stage.takeSideOutputs?.() ?? []);
  }

  async snapshotAndRestore(): Promise<Operator> {
    const restored: Operator[] = [];
    for (const stage of this.#stages) restored.push(await stage.snapshotAndRestore());
    return new Pipeline(restored);
  }

  async close(): Promise<void> {
    for (const stage of this.#stages) await stage.close();
  }

  /** What each stage puts out on its own goes through the stages behind it. */
  async #each(call: (stage: Operator) => Promise<StreamElement[]>): Promise<StreamElement[]> {
    const elements: StreamElement[] = [];
    for (const [index, stage] of this.#stages.entries()) {
      elements.push(...(await this.#feed(index + 1, await call(stage))));
    }
    return elements;
  }

  async #feed(first: number, input: readonly StreamElement[]): Promise<StreamElement[]> {
    let elements = [...input];
    for (const stage of this.#stages.slice(first)) {
      const output: StreamElement[] = [];
      for (const element of elements) output.push(...(await stage.process(element)));
      elements = output;
    }
    return elements;
  }
}
