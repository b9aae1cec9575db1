/** The service and the places that tasks run in: settings, logs, threads. */
import { arch, availableParallelism } from "node:os";
import type { LogFile, ThreadInfo } from "../../cluster/cluster.ts";
import { taskManagerDetailsBody, taskManagerListBody } from "../bodies/task-managers.ts";
import { internalFailure, notFound, RestFailure } from "../errors.ts";
import { LOG_NAME, TASK_MANAGER_ID } from "../parameters.ts";
import {
  type Answer,
  ok,
  type RestContext,
  type RestRequest,
  type Route,
  readRoute,
} from "../route.ts";
import { masked } from "../secrets.ts";

const UNKNOWN = "org.apache.flink.runtime.resourcemanager.exceptions.UnknownTaskExecutorException";

export const MANAGER_ROUTES: readonly Route[] = [
  readRoute("/taskmanagers", "Places that tasks run in", async (_, { cluster }) =>
    ok(taskManagerListBody(await cluster.taskManagers())),
  ),
  readRoute("/taskmanagers/:taskmanagerid", "A task manager", async (request, { cluster }) => {
    const wanted = request.path(TASK_MANAGER_ID);
    const found = (await cluster.taskManagers()).find((one) => one.taskManagerId === wanted);
    if (found === undefined) throw internalFailure(unknownText(wanted));
    return ok(taskManagerDetailsBody(found));
  }),
  readRoute(
    "/taskmanagers/:taskmanagerid/logs",
    "Logs of a task manager",
    async (request, context) => ok(logListBody(await taskManagerLogs(request, context))),
  ),
  readRoute("/taskmanagers/:taskmanagerid/log", "Log of a task manager", async (request, context) =>
    logOf(await taskManagerLogs(request, context), "log"),
  ),
  readRoute(
    "/taskmanagers/:taskmanagerid/stdout",
    "What tasks have printed",
    async (request, context) => logOf(await taskManagerLogs(request, context), "stdout"),
  ),
  readRoute("/taskmanagers/:taskmanagerid/logs/:filename", "A log file", async (request, context) =>
    namedLog(request, await taskManagerLogs(request, context), "TaskExecutor"),
  ),
  readRoute(
    "/taskmanagers/:taskmanagerid/thread-dump",
    "What threads do",
    async (request, context) => {
      const taskManagerId = request.path(TASK_MANAGER_ID);
      const threads = await context.cluster.taskManagerThreads(taskManagerId);
      if (threads === null) throw notFoundTaskManager(taskManagerId);
      return ok(threadsBody(threads));
    },
  ),
  readRoute("/taskmanagers/:taskmanagerid/profiler", "Profiles that were taken", () =>
    ok({ profilingList: [] }),
  ),
  readRoute("/jobmanager/config", "Settings of the service", configAnswer),
  readRoute("/jobs/:jobid/jobmanager/config", "Settings of the service", configAnswer),
  readRoute("/jobmanager/environment", "What the service runs on", environmentAnswer),
  readRoute("/jobs/:jobid/jobmanager/environment", "What the service runs on", environmentAnswer),
  readRoute("/jobmanager/logs", "Logs of the service", async (_, { cluster }) =>
    ok(logListBody(await cluster.jobManagerLogs())),
  ),
  readRoute("/jobmanager/log", "Log of the service", async (_, { cluster }) =>
    logOf(await cluster.jobManagerLogs(), "log"),
  ),
  readRoute("/jobmanager/stdout", "What the service has printed", async (_, { cluster }) =>
    logOf(await cluster.jobManagerLogs(), "stdout"),
  ),
  readRoute(
    "/jobmanager/logs/:filename",
    "A log file of the service",
    async (request, { cluster }) => namedLog(request, await cluster.jobManagerLogs(), "JobManager"),
  ),
  readRoute("/jobmanager/thread-dump", "What threads of the service do", async (_, { cluster }) =>
    ok(threadsBody(await cluster.jobManagerThreads())),
  ),
  readRoute("/jobmanager/profiler", "Profiles that were taken", () => ok({ profilingList: [] })),
  readRoute("/jobs/:jobid/jobmanager/log-url", "Where logs are shown", (request) =>
    urlAnswer(`${request.address}/#/job-manager/logs`),
  ),
  readRoute(
    "/jobs/:jobid/taskmanagers/:taskmanagerid/log-url",
    "Where logs are shown",
    (request) => {
      const taskManagerId = encodeURIComponent(request.path(TASK_MANAGER_ID));
      return urlAnswer(`${request.address}/#/task-manager/${taskManagerId}/logs`);
    },
  ),
];

function urlAnswer(url: string): Answer {
  return { status: 200, body: { url }, forAll: false };
}

async function configAnswer(_: RestRequest, { cluster }: RestContext): Promise<Answer> {
  const { settings } = await cluster.info();
  return ok(settings.map(([key, value]) => ({ key, value: masked(key, value) })));
}

function environmentAnswer(): Answer {
  const options = [
    ...process.execArgv.map((text) => masked(text, text)),
    `--cpus=${availableParallelism()}`,
  ];
  return ok({
    jvm: {
      version: `Node.js ${process.version} - V8 ${process.versions.v8}`,
      arch: arch(),
      options,
    },
    classpath: [],
  });
}

async function taskManagerLogs(
  request: RestRequest,
  { cluster }: RestContext,
): Promise<readonly LogFile[]> {
  const taskManagerId = request.path(TASK_MANAGER_ID);
  const logs = await cluster.taskManagerLogs(taskManagerId);
  if (logs === null) throw notFoundTaskManager(taskManagerId);
  return logs;
}

function unknownText(taskManagerId: string): string {
  return `${UNKNOWN}: No TaskExecutor registered under ${taskManagerId}.`;
}

function notFoundTaskManager(taskManagerId: string): RestFailure {
  return notFound(
    `Failed to transfer file from TaskExecutor ${taskManagerId} because it was unknown.`,
    unknownText(taskManagerId),
  );
}

function logListBody(logs: readonly LogFile[]) {
  return {
    logs: logs.map(({ name, sizeBytes, modifiedMs }) => ({
      name,
      size: sizeBytes,
      mtime: Math.round(modifiedMs),
    })),
  };
}

/** The first of its kind; none is an empty one. */
function logOf(logs: readonly LogFile[], kind: LogFile["kind"]): Answer {
  const found = logs.find((log) => log.kind === kind);
  if (found === undefined) return { status: 200, text: "", type: "text/plain" };
  return { status: 200, file: found.path };
}

/** Names only choose among the files there are: none is made into a path. */
function namedLog(request: RestRequest, logs: readonly LogFile[], owner: string): Answer {
  const name = request.path(LOG_NAME);
  const found = logs.find((log) => log.name === name);
  if (found === undefined) {
    throw new RestFailure(404, [`This file does not exist in ${owner} log dir.`], false);
  }
  return { status: 200, file: found.path };
}

function threadsBody(threads: readonly ThreadInfo[]) {
  return {
    threadInfos: threads.map(({ name, stack }) => ({
      threadName: name,
      stringifiedThreadInfo: stack,
    })),
  };
}
