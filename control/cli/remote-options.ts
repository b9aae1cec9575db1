/** Adds the commands that talk to a service to the command line. */
import type { Command } from "commander";
import type { RemoteClusterClient } from "./remote-cluster-client.ts";
import type { Answer, remoteCommands } from "./remote-commands.ts";

const DEFAULT_TARGET = "http://127.0.0.1:8081";

interface TargetOptions {
  readonly target: string;
  readonly token?: string;
  readonly json?: boolean;
}

interface SubmitOptions extends TargetOptions {
  readonly parallelism?: number;
  readonly restore?: string;
  readonly allowNonRestoredState?: boolean;
}

interface SavepointOptions extends TargetOptions {
  readonly dir?: string;
  readonly drain?: boolean;
}

export interface RemoteCommandsContext {
  readonly engineVersion: string;
  parseParallelism(text: string): number;
}

/** @param savepointCommand where `savepoint <job>` goes, beside `savepoint inspect` */
export function addRemoteCommands(
  program: Command,
  savepointCommand: Command,
  { engineVersion, parseParallelism }: RemoteCommandsContext,
): void {
  withTarget(program.command("submit"))
    .argument("<file>", "a program, or a bundle (.jar)")
    .argument("[args...]", "arguments of the program, behind --")
    .description("run a program on a service")
    .option("-p, --parallelism <n>", "parallelism where the program sets none", parseParallelism)
    .option("--restore <snapshot>", "checkpoint or savepoint to start from")
    .option(
      "--allow-non-restored-state",
      "leave out state of operators that are not there any more",
    )
    .action(async (path: string, args: string[], options: SubmitOptions) => {
      const { parallelism, restore, allowNonRestoredState } = options;
      const run = {
        programArgsList: args,
        ...(parallelism === undefined ? {} : { parallelism }),
        ...(restore === undefined ? {} : { savepointPath: restore }),
        ...(allowNonRestoredState === undefined ? {} : { allowNonRestoredState }),
      };
      await runRemote(options, (commands, client) =>
        commands.submit(client, { path, engineVersion, run }),
      );
    });
  withTarget(program.command("list"))
    .description("show the jobs of a service")
    .action((options: TargetOptions) => runRemote(options, ({ list }, client) => list(client)));
  withTarget(program.command("info"))
    .argument("<job>", "its id")
    .description("show a job and its tasks")
    .action((job: string, options: TargetOptions) =>
      runRemote(options, ({ info }, client) => info(client, job)),
    );
  withTarget(program.command("cancel"))
    .argument("<job>", "its id")
    .description("end a job as it is")
    .action((job: string, options: TargetOptions) =>
      runRemote(options, ({ cancel }, client) => cancel(client, job)),
    );
  withTarget(program.command("stop"))
    .argument("<job>", "its id")
    .description("end a job with a savepoint")
    .option("--dir <folder>", "where the savepoint goes, on the service's machine")
    .option("--drain", "let windows and timers fire before: the job will not go on")
    .action((job: string, options: SavepointOptions) =>
      runRemote(options, ({ stop }, client) =>
        stop(client, job, options.dir ?? null, options.drain === true),
      ),
    );
  withTarget(savepointCommand.command("trigger"))
    .argument("<job>", "its id")
    .description("take a savepoint of a job, which goes on")
    .option("--dir <folder>", "where it goes, on the service's machine")
    .action((job: string, options: SavepointOptions) =>
      runRemote(options, ({ savepoint }, client) => savepoint(client, job, options.dir ?? null)),
    );
  withTarget(program.command("checkpoint"))
    .argument("<job>", "its id")
    .description("take a checkpoint of a job out of turn")
    .action((job: string, options: TargetOptions) =>
      runRemote(options, ({ checkpoint }, client) => checkpoint(client, job)),
    );
}

/** The commands are loaded when one of them is run. */
async function runRemote(
  options: TargetOptions,
  command: (commands: typeof remoteCommands, client: RemoteClusterClient) => Promise<Answer>,
): Promise<void> {
  const commands = await import("./remote-commands.ts");
  const target = { url: options.target, token: options.token ?? null };
  const format = options.json === true ? "json" : "text";
  process.exitCode = await commands.remoteCommand(target, format, (client) =>
    command(commands.remoteCommands, client),
  );
}

function withTarget(command: Command): Command {
  return command
    .option("--target <url>", "the service", DEFAULT_TARGET)
    .option("--token <token>", "what the service asks for")
    .option("--json", "machine-readable output");
}
