/** Runs vectors and counts. */
import type { Engine, Kind, Ran } from "./kind.ts";
import type { Topic, VectorCase } from "./vectors.ts";

export type Outcome =
  | { readonly kind: "passed" }
  | { readonly kind: "failed"; readonly difference: string }
  | { readonly kind: "unsupported"; readonly reason: string };

export interface CaseResult {
  readonly topic: string;
  readonly name: string;
  readonly outcome: Outcome;
  /** What its operators ran on. */
  readonly engines: readonly ("wasm" | "js")[];
}

export async function runTopics(
  topics: readonly Topic[],
  engine: Engine,
  kinds: ReadonlyMap<string, Kind>,
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const topic of topics) {
    for (const vector of topic.cases) {
      const engines: ("wasm" | "js")[] = [];
      const outcome = await runCase(vector, engine, kinds, (used) => engines.push(used));
      results.push({ topic: topic.name, name: vector.name, outcome, engines });
    }
  }
  return results;
}

async function runCase(
  vector: VectorCase,
  engine: Engine,
  kinds: ReadonlyMap<string, Kind>,
  ran: Ran,
): Promise<Outcome> {
  const kind = kinds.get(vector.operator.kind);
  if (kind === undefined) return { kind: "unsupported", reason: `kind ${vector.operator.kind}` };
  const reason = kind.unsupported(vector, engine);
  if (reason !== null) return { kind: "unsupported", reason };
  try {
    const difference = await kind.run(vector, engine, ran);
    return difference === null ? { kind: "passed" } : { kind: "failed", difference };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind: "failed", difference: text };
  }
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly unsupported: number;
}

export function countOutcomes(results: readonly CaseResult[]): Counts {
  const count = (kind: Outcome["kind"]) =>
    results.filter(({ outcome }) => outcome.kind === kind).length;
  return { passed: count("passed"), failed: count("failed"), unsupported: count("unsupported") };
}

/** `7 of 20 operators ran in WebAssembly` */
export function renderEngines(results: readonly CaseResult[]): string {
  const engines = results.flatMap((result) => result.engines);
  const inWasm = engines.filter((engine) => engine === "wasm").length;
  return `${inWasm} of ${engines.length} operators ran in WebAssembly`;
}

/** Failures, then what is not supported, then the counts per topic and in all, and what was run on. */
export function renderReport(results: readonly CaseResult[]): string {
  const lines: string[] = [];
  for (const { topic, name, outcome } of results) {
    if (outcome.kind === "failed")
      lines.push(`FAILED ${topic}/${name}`, indent(outcome.difference));
  }
  const unsupported = results.flatMap(({ topic, name, outcome }) =>
    outcome.kind === "unsupported" ? [`  ${topic}/${name} (${outcome.reason})`] : [],
  );
  if (unsupported.length > 0) lines.push("unsupported:", ...unsupported, "");
  for (const topic of new Set(results.map((result) => result.topic))) {
    const counts = countOutcomes(results.filter((result) => result.topic === topic));
    lines.push(`${topic}: ${renderCounts(counts)}`);
  }
  lines.push(`in all: ${renderCounts(countOutcomes(results))}`, renderEngines(results));
  return lines.join("\n");
}

function renderCounts({ passed, failed, unsupported }: Counts): string {
  const rest = unsupported === 0 ? "" : `, ${unsupported} unsupported`;
  return `${passed} passed, ${failed} failed${rest}`;
}

function indent(text: string): string {
  return text.replace(/^/gm, "    ");
}
