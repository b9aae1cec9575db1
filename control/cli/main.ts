#!/usr/bin/env node
/** The command line: `millrace run`, `server`, `submit`, `list` and the others. Put together here; the commands talk to interfaces. */
import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import pc from "picocolors";
import { describeFailure } from "../common/describe-failure.ts";
import { systemSettings } from "../config/base-settings.ts";
import type { ServerOptions } from "../config/server-settings.ts";
import type { EngineOptions } from "../config/settings.ts";
import { LocalClusterClient } from "../runtime/local-cluster-client.ts";
import { EXIT_FAILED, EXIT_USAGE } from "./exit-codes.ts";
import { addRemoteCommands } from "./remote-options.ts";
import { runCommand } from "./run-command.ts";

interface ProgramOptions {
  readonly parallelism?: number;
  readonly slots?: number;
  readonly engine?: "auto" | "wasm" | "js";
  readonly json?: boolean;
}

interface RunOptions extends ProgramOptions {
  readonly checkpointDir?: string;
  readonly restore?: string;
  readonly fromSavepoint?: string;
  readonly allowNonRestoredState?: boolean;
}

interface ExplainOptions extends ProgramOptions {
  readonly emit?: string;
}

interface PackageOptions {
  readonly output?: string;
  readonly json?: boolean;
}

interface ServerCommandOptions extends Omit<ServerOptions, "dataDirectory"> {
  readonly json?: boolean;
  readonly slots?: number;
  readonly dataDir?: string;
}

const manifest = JSON.parse(
  readFileSync(new URL("../../../package.json", import.meta.url), "utf8"),
) as { readonly version: string };

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("It must be a whole number from 1.");
  return value;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (text === "" || !Number.isInteger(value)) {
    throw new InvalidArgumentError("It must be a whole number.");
  }
  return value;
}

function withProgramOptions(command: Command): Command {
  return command
    .argument("<file>", "a .ts, .js or .mjs file")
    .argument("[args...]", "arguments of the program, behind --")
    .option("-p, --parallelism <n>", "parallelism where the program sets none", positiveInteger)
    .option("--slots <n>", "slots there are", positiveInteger)
    .addOption(
      new Option("--engine <engine>", "what operators run on").choices(["auto", "wasm", "js"]),
    )
    .option("--json", "machine-readable output");
}

function clientOptions({ parallelism, slots, engine }: ProgramOptions): EngineOptions {
  return {
    ...(parallelism === undefined ? {} : { parallelism }),
    ...(slots === undefined ? {} : { slots }),
    ...(engine === undefined ? {} : { engine }),
  };
}

function runOptions(options: RunOptions): EngineOptions {
  const { checkpointDir, fromSavepoint, restore = fromSavepoint, allowNonRestoredState } = options;
  return {
    ...clientOptions(options),
    ...(checkpointDir === undefined ? {} : { checkpointDirectory: checkpointDir }),
    ...(restore === undefined ? {} : { restore }),
    ...(allowNonRestoredState === undefined ? {} : { allowNonRestoredState }),
  };
}

const cluster = new LocalClusterClient();
const program = new Command("millrace")
  .description("Stream processing for TypeScript: Flink's DataStream model on WebAssembly.")
  .version(manifest.version)
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE);
  });

withProgramOptions(program.command("run"))
  .description("run a program on this machine")
  .option("--checkpoint-dir <folder>", "where checkpoints are stored")
  .option("--restore <snapshot>", 'checkpoint or savepoint to start from; "latest" = the newest')
  .option("--from-savepoint <snapshot>", "the same as --restore")
  .option("--allow-non-restored-state", "leave out state of operators that are not there any more")
  .action(async (path: string, args: string[], options: RunOptions) => {
    const request = { path, args, options: runOptions(options) };
    process.exitCode = await runCommand(cluster, request, options.json === true ? "json" : "text");
  });

withProgramOptions(program.command("explain"))
  .description("show the plan of a program: operators, engines and why, exchanges")
  .option("--emit <folder>", "write what compiled operators become: AssemblyScript, .wasm, .wat")
  .action(async (path: string, args: string[], options: ExplainOptions) => {
    const { explainCommand } = await import("./explain-command.ts");
    const request = { path, args, options: clientOptions(options) };
    process.exitCode = await explainCommand(
      cluster,
      request,
      options.json === true ? "json" : "text",
      options.emit ?? null,
    );
  });

program
  .command("package")
  .argument("<files...>", "programs; the first is the main one")
  .description("make a job bundle (.jar) to upload to a server")
  .option("-o, --output <file>", "where it goes; default <first program>.jar")
  .option("--json", "machine-readable output")
  .action(async (files: string[], options: PackageOptions) => {
    const { packageCommand } = await import("./package-command.ts");
    const request = {
      files,
      output: options.output ?? null,
      engineVersion: manifest.version,
    };
    process.exitCode = await packageCommand(request, options.json === true ? "json" : "text");
  });

const savepointCommand = program
  .command("savepoint")
  .description("look at checkpoints and savepoints, and take them");
savepointCommand
  .command("inspect")
  .argument("<folder>", "of a checkpoint or savepoint")
  .description("check a snapshot, and show its operators, states, keys and bytes")
  .option("--json", "machine-readable output")
  .action(async (path: string, options: { readonly json?: boolean }) => {
    const { inspectCommand } = await import("./savepoint-command.ts");
    process.exitCode = await inspectCommand(path, options.json === true ? "json" : "text");
  });

savepointCommand
  .command("dispose")
  .argument("<folder>", "of a savepoint")
  .description("delete a savepoint")
  .option("--json", "machine-readable output")
  .action(async (path: string, options: { readonly json?: boolean }) => {
    const { disposeCommand } = await import("./savepoint-command.ts");
    process.exitCode = await disposeCommand(path, options.json === true ? "json" : "text");
  });

addRemoteCommands(program, savepointCommand, {
  engineVersion: manifest.version,
  parseParallelism: positiveInteger,
});

program
  .command("server")
  .description("run jobs that are submitted over HTTP: Flink's REST API")
  .option("--port <n>", "0 = any that is free; default 8081", wholeNumber)
  .option("--host <address>", "what to listen on; default 127.0.0.1, others need a token and TLS")
  .option("--slots <n>", "slots for all jobs; default one per core", positiveInteger)
  .option("--data-dir <folder>", "bundles, jobs, checkpoints, logs; default millrace-data")
  .option("--token <token>", "of who may do everything")
  .option("--submit-token <token>", "of who may submit and end jobs")
  .option("--read-token <token>", "of who may look")
  .option("--tls-cert <file>", "certificate, PEM")
  .option("--tls-key <file>", "its key, PEM")
  .option("--host-names <names>", "further names the server is called by, separated by commas")
  .option("--json", "machine-readable output")
  .action(async ({ json, slots, dataDir, ...flags }: ServerCommandOptions) => {
    const { serverCommand } = await import("./server-command.ts");
    const request = {
      flags: { ...flags, ...(dataDir === undefined ? {} : { dataDirectory: dataDir }) },
      slots: slots ?? null,
    };
    process.exitCode = await serverCommand(request, json === true ? "json" : "text");
  });

program
  .command("doctor")
  .description("show versions, machine and settings, and what is missing")
  .option("--json", "machine-readable output")
  .action(async (options: { readonly json?: boolean }) => {
    const { doctorCommand } = await import("./doctor-command.ts");
    const settings = systemSettings(process.cwd(), process.env).resolve();
    process.exitCode = doctorCommand(settings, options.json === true ? "json" : "text");
  });

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${pc.red("error")} ${describeFailure(error)}\n`);
  process.exitCode = EXIT_FAILED;
}
