/** `millrace explain <file>`: the plan of a program, which is not run. */
import type { ClusterClient, ProgramRequest } from "../api/cluster-client.ts";
import { describeFailure } from "../common/describe-failure.ts";
import { explanationText } from "../plan/explain-text.ts";
import { exitCodeOf, failureToJson } from "./describe-failure.ts";
import { EXIT_OK } from "./exit-codes.ts";
import type { OutputFormat } from "./output-format.ts";

export async function explainCommand(
  cluster: ClusterClient,
  request: ProgramRequest,
  format: OutputFormat,
  emitTo: string | null,
): Promise<number> {
  try {
    const explanation = await cluster.explainProgram(request, emitTo);
    const text =
      format === "json"
        ? `${JSON.stringify(explanation, null, 2)}\n`
        : explanationText(explanation);
    process.stdout.write(text);
    return EXIT_OK;
  } catch (error) {
    if (format === "json") console.log(JSON.stringify(failureToJson(error)));
    else process.stderr.write(`${describeFailure(error)}\n`);
    return exitCodeOf(error);
  }
}
