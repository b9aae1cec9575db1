/** Bundles: uploaded, listed, planned, run, deleted. */
import { EngineError } from "../../../dataplane/protocol/errors.ts";
import type { Cluster, ProgramRun } from "../../cluster/cluster.ts";
import { planBody } from "../bodies/plan.ts";
import {
  COMPLETION_EXCEPTION,
  failureChain,
  HANDLER_EXCEPTION,
  internalFailure,
  type RestFailure,
  refused,
  throwableText,
} from "../errors.ts";
import { optionsFromFlink } from "../flink-configuration.ts";
import {
  ALLOW_NON_RESTORED,
  ENTRY_CLASS,
  JAR_ID,
  PARALLELISM,
  PROGRAM_ARG,
  PROGRAM_ARGS,
  SAVEPOINT_PATH,
} from "../parameters.ts";
import { ok, type RestContext, type RestRequest, type Route, readRoute } from "../route.ts";

const PROGRAM_FIELDS = {
  entryClass: { kind: "text", description: "Program of the bundle; absent = its first" },
  programArgs: { kind: "text", description: "Arguments in one text" },
  programArgsList: { kind: "texts", description: "Arguments, one each" },
  parallelism: { kind: "integer", description: "Of operators that do not set their own" },
  jobId: { kind: "id", description: "Id of the job; absent = a new one" },
  flinkConfiguration: { kind: "map", description: "Settings under Flink's names" },
} as const;

const RUN = {
  name: "JarRunRequestBody",
  fields: {
    ...PROGRAM_FIELDS,
    savepointPath: { kind: "text", description: "What the job starts from" },
    allowNonRestoredState: {
      kind: "boolean",
      description: "Whether state that no operator takes is left out",
    },
    restoreMode: { kind: ["CLAIM", "NO_CLAIM", "LEGACY"], description: "As NO_CLAIM" },
    claimMode: { kind: ["CLAIM", "NO_CLAIM", "LEGACY"], description: "As NO_CLAIM" },
  },
} as const;

const PLAN = { name: "JarPlanRequestBody", fields: PROGRAM_FIELDS } as const;

const PROGRAM_QUERIES = [ENTRY_CLASS, PROGRAM_ARGS, PROGRAM_ARG, PARALLELISM] as const;

/** What a path of an upload begins with: clients take the id from behind its last slash. */
const UPLOAD_FOLDER = "/flink-web-upload";
const UPLOADABLE = /\.(jar|js|mjs)$/;

export const JAR_ROUTES: readonly Route[] = [
  readRoute("/jars", "Uploaded bundles", async (request, { cluster }) => {
    const jars = (await cluster.jars()).toSorted((one, other) => other.uploadedMs - one.uploadedMs);
    return ok({
      address: request.address,
      files: jars.map(({ jarId, name, uploadedMs, entries }) => ({
        id: jarId,
        name,
        uploaded: uploadedMs,
        entry: entries.map((entry) => ({ name: entry, description: null })),
      })),
    });
  }),
  {
    method: "POST",
    path: "/jars/upload",
    role: "submit",
    summary: "Uploads a bundle: a file .jar, .js or .mjs",
    body: "files",
    answer: upload,
  },
  {
    method: "DELETE",
    path: "/jars/:jarid",
    role: "submit",
    summary: "Deletes a bundle",
    answer: async (request, { cluster }) => {
      const jarId = request.path(JAR_ID);
      try {
        await cluster.deleteJar(jarId);
      } catch (error) {
        if (codeOf(error) !== "MR_JAR_NOT_FOUND") throw error;
        throw refused(400, `File ${jarId} does not exist in ${UPLOAD_FOLDER}.`);
      }
      return ok({});
    },
  },
  planRoute("GET"),
  planRoute("POST"),
  {
    method: "POST",
    path: "/jars/:jarid/run",
    role: "submit",
    summary: "Runs a program of a bundle; answers when its first job is submitted",
    queries: [...PROGRAM_QUERIES, SAVEPOINT_PATH, ALLOW_NON_RESTORED],
    body: RUN,
    answer: async (request, { cluster }) => {
      const run = runOf(request);
      try {
        return ok({ jobid: await cluster.runJar(run) });
      } catch (error) {
        throw await runFailure(error, run, cluster);
      }
    },
  },
];

function planRoute(method: "GET" | "POST"): Route {
  return {
    method,
    path: "/jars/:jarid/plan",
    role: "submit",
    summary: "The plan of a program of a bundle: the program is run up to its first job",
    queries: PROGRAM_QUERIES,
    ...(method === "POST" ? { body: PLAN } : {}),
    answer: async (request, { cluster }) => {
      const run = programOf(request, method === "POST" ? request.body(PLAN) : NO_BODY);
      try {
        const graph = await cluster.planJar(run);
        return ok({ plan: planBody(run.jobId ?? crypto.randomUUID().replaceAll("-", ""), graph) });
      } catch (error) {
        throw await planFailure(error, run, cluster);
      }
    },
  };
}

async function upload(request: RestRequest, { cluster }: RestContext) {
  const [file, ...others] = request.files;
  const count = request.files.length;
  if (file === undefined || others.length > 0) {
    throw refused(400, `Exactly 1 file must be sent, received ${count}.`);
  }
  if (!UPLOADABLE.test(file.fileName)) throw refused(400, "Only Jar files are allowed.");
  const { jarId } = await cluster.uploadJar(file.path, file.fileName);
  return ok({ filename: `${UPLOAD_FOLDER}/${jarId}`, status: "success" });
}

interface ProgramBody {
  readonly entryClass: string | null;
  readonly programArgs: string | null;
  readonly programArgsList: readonly string[] | null;
  readonly parallelism: number | null;
  readonly jobId: string | null;
  readonly flinkConfiguration: Readonly<Record<string, unknown>> | null;
}

const NO_BODY: ProgramBody = {
  entryClass: null,
  programArgs: null,
  programArgsList: null,
  parallelism: null,
  jobId: null,
  flinkConfiguration: null,
};

function runOf(request: RestRequest): ProgramRun {
  const body = request.body(RUN);
  const path = body.savepointPath ?? request.value(SAVEPOINT_PATH) ?? null;
  const allowNonRestoredState =
    body.allowNonRestoredState ?? request.value(ALLOW_NON_RESTORED) ?? false;
  const program = programOf(request, body);
  return path === null ? program : { ...program, restore: { path, allowNonRestoredState } };
}

/** What the body says goes before what the query does. */
function programOf(request: RestRequest, body: ProgramBody): ProgramRun {
  const text = body.programArgs ?? request.value(PROGRAM_ARGS) ?? null;
  const list = body.programArgsList ?? request.query(PROGRAM_ARG);
  const split = text === null ? [] : splitArguments(text);
  if (split.length > 0 && list.length > 0) {
    throw refused(
      400,
      "Confusing request: programArgs and programArgsList are specified, please, use only programArgsList",
    );
  }
  const parallelism = body.parallelism ?? request.value(PARALLELISM) ?? -1;
  if (parallelism < 1 && parallelism !== -1) throw parallelismRefused();
  return {
    jarId: request.path(JAR_ID),
    entry: body.entryClass ?? request.value(ENTRY_CLASS) ?? null,
    args: split.length > 0 ? split : list,
    options: {
      ...optionsFromFlink(body.flinkConfiguration ?? {}),
      ...(parallelism === -1 ? {} : { parallelism }),
    },
    jobId: body.jobId,
    restore: null,
  };
}

/** At blanks, but not between quotes, which are taken off. */
function splitArguments(text: string): readonly string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|([^"'\s]+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? "",
  );
}

const PROGRAM_EXCEPTION = "org.apache.flink.client.program.ProgramInvocationException";
const RUNTIME_EXCEPTION = "org.apache.flink.util.FlinkRuntimeException";
const NOT_EXECUTED = "Could not execute application.";

function codeOf(error: unknown): string | null {
  return error instanceof EngineError ? error.code : null;
}

function parallelismRefused(): RestFailure {
  const message =
    "Parallelism must be at least one, or ExecutionConfig.PARALLELISM_DEFAULT (use system default).";
  return notExecuted(message, `java.lang.IllegalArgumentException: ${message}`);
}

function notExecuted(message: string, ...chain: readonly string[]): RestFailure {
  const text = `${RUNTIME_EXCEPTION}: ${NOT_EXECUTED}`;
  return refused(
    400,
    NOT_EXECUTED,
    `${COMPLETION_EXCEPTION}: ${text}`,
    text,
    `${PROGRAM_EXCEPTION}: The main method caused an error: ${message}`,
    ...chain,
  );
}

async function runFailure(error: unknown, run: ProgramRun, cluster: Cluster): Promise<Error> {
  const code = codeOf(error);
  if (code === "MR_PROGRAM_NO_JOB") return refused(400, "No jobs included in application.");
  if (code === "MR_JOB_ID_IN_USE") {
    return notExecuted(
      "Failed to execute job.",
      "org.apache.flink.runtime.client.DuplicateJobSubmissionException: Job has already been submitted.",
    );
  }
  const unusable = await bundleFailure(code, error, run, cluster);
  if (unusable !== null) return unusable;
  const chain = failureChain(error);
  return notExecuted(messageOf(chain), ...chain);
}

async function planFailure(error: unknown, run: ProgramRun, cluster: Cluster): Promise<Error> {
  const code = codeOf(error);
  if (code === "MR_PROGRAM_NO_JOB") {
    return internalFailure(
      `${PROGRAM_EXCEPTION}: The program plan could not be fetched - the program aborted pre-maturely. The root cause may be that the main method doesn't call \`env.execute()\` or \`env.executeAsync()\`.`,
    );
  }
  const unusable = await bundleFailure(code, error, run, cluster);
  if (unusable !== null) return unusable;
  const chain = failureChain(error);
  return internalFailure(
    `${PROGRAM_EXCEPTION}: The main method caused an error: ${messageOf(chain)}`,
    ...chain,
  );
}

/** null = the bundle is there and can be read. */
async function bundleFailure(
  code: string | null,
  error: unknown,
  { jarId, entry }: ProgramRun,
  cluster: Cluster,
): Promise<Error | null> {
  if (code === "MR_JAR_NOT_FOUND") {
    return completed(`${HANDLER_EXCEPTION}: Jar file ${UPLOAD_FOLDER}/${jarId} does not exist`);
  }
  if (code !== "MR_BUNDLE_INVALID") return null;
  const jar = (await cluster.jars()).find((one) => one.jarId === jarId);
  if (entry !== null && (jar?.entries.length ?? 0) > 0) {
    return completed(
      `${PROGRAM_EXCEPTION}: The program's entry point class '${entry}' was not found in the jar file.`,
      ...failureChain(error),
    );
  }
  return completed(
    `${PROGRAM_EXCEPTION}: Error while opening jar file '${UPLOAD_FOLDER}/${jarId}'`,
    ...failureChain(error),
  );
}

function completed(text: string, ...causes: readonly string[]): RestFailure {
  return internalFailure(throwableText(`${COMPLETION_EXCEPTION}: ${text}`, text, ...causes));
}

/** What the innermost failure says: a program's own words. */
function messageOf(chain: readonly string[]): string {
  const last = chain.at(-1) ?? "";
  const at = last.indexOf(": ");
  return at < 0 ? last : last.slice(at + 2);
}
