/** `millrace doctor`: what this machine offers and what is missing. */
import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, freemem, tmpdir, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import Table from "cli-table3";
import pc from "picocolors";
import type { JobSettings } from "../config/settings.ts";
import { EXIT_FAILED, EXIT_OK } from "./exit-codes.ts";
import { formatBytes } from "./format.ts";
import type { OutputFormat } from "./output-format.ts";

interface Check {
  readonly name: string;
  readonly value: string;
  readonly state: "ok" | "note" | "missing";
  /** What to do when it is not ok. */
  readonly advice?: string;
}

const packageRoot = new URL("../../../", import.meta.url);

export function doctorCommand(settings: JobSettings, format: OutputFormat): number {
  const checks = [...versionChecks(), ...machineChecks(settings), ...installationChecks()];
  const missing = checks.filter((check) => check.state === "missing");
  if (format === "json") {
    console.log(JSON.stringify({ ok: missing.length === 0, checks }, null, 2));
    return missing.length === 0 ? EXIT_OK : EXIT_FAILED;
  }
  const table = new Table({ style: { head: [], border: [] } });
  const marks = { ok: pc.green("ok"), note: pc.yellow("note"), missing: pc.red("missing") };
  for (const check of checks) {
    table.push([marks[check.state], check.name, check.value, check.advice ?? ""]);
  }
  console.log(table.toString());
  console.log(
    missing.length === 0
      ? "Ready to run jobs."
      : `${missing.length} of ${checks.length} checks failed.`,
  );
  return missing.length === 0 ? EXIT_OK : EXIT_FAILED;
}

function versionChecks(): Check[] {
  const manifest = JSON.parse(readFileSync(new URL("package.json", packageRoot), "utf8")) as {
    version: string;
  };
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const supported = major > 20 || (major === 20 && minor >= 20);
  return [
    { name: "millrace", value: manifest.version, state: "ok" },
    supported
      ? { name: "node", value: process.version, state: "ok" }
      : {
          name: "node",
          value: process.version,
          state: "missing",
          advice: "Install Node 20.20 or newer.",
        },
    { name: "v8", value: process.versions.v8, state: "ok" },
  ];
}

function machineChecks(settings: JobSettings): Check[] {
  const cores = availableParallelism();
  const memory: Check = {
    name: "memory",
    value: `${formatBytes(freemem())} free of ${formatBytes(totalmem())}`,
    state: freemem() < 512 * 1024 * 1024 ? "note" : "ok",
  };
  return [
    { name: "cores", value: `${cores} (${cpus()[0]?.model.trim() ?? "unknown"})`, state: "ok" },
    freemem() < 512 * 1024 * 1024
      ? { ...memory, advice: "Less than 512 MiB are free: large jobs may fail." }
      : memory,
    { name: "default parallelism", value: String(settings.parallelism), state: "ok" },
    {
      name: "slots",
      value: settings.slots === null ? "as many as the job needs" : String(settings.slots),
      state: "ok",
    },
    { name: "memory per slot", value: formatBytes(settings.memoryPerSlot), state: "ok" },
  ];
}

function installationChecks(): Check[] {
  const kernels = fileURLToPath(new URL("lib/dataplane/assembly/kernels.wasm", packageRoot));
  const checks: Check[] = [
    existsSync(kernels)
      ? { name: "kernels", value: "built", state: "ok" }
      : { name: "kernels", value: "not built", state: "missing", advice: "Run npm run build." },
    {
      name: "AssemblyScript sources",
      value: existsSync(new URL("dataplane/assembly/index.ts", packageRoot)) ? "present" : "absent",
      state: existsSync(new URL("dataplane/assembly/index.ts", packageRoot)) ? "ok" : "missing",
    },
    temporaryFolder(),
    bundler(),
  ];
  return checks;
}

function temporaryFolder(): Check {
  try {
    accessSync(tmpdir(), constants.W_OK);
    return { name: "temporary folder", value: tmpdir(), state: "ok" };
  } catch {
    const advice = "Job bundles are written there: make it writable or set TMPDIR.";
    return { name: "temporary folder", value: tmpdir(), state: "missing", advice };
  }
}

function bundler(): Check {
  const binary = fileURLToPath(new URL("../bin/esbuild", import.meta.resolve("esbuild")));
  try {
    const version = execFileSync(process.execPath, [binary, "--version"], {
      encoding: "utf8",
    }).trim();
    return { name: "bundler (esbuild)", value: version, state: "ok" };
  } catch {
    // A native binary instead of the JavaScript launcher: start it as it is.
    try {
      const version = execFileSync(binary, ["--version"], { encoding: "utf8" }).trim();
      return { name: "bundler (esbuild)", value: version, state: "ok" };
    } catch (error) {
      const advice = `Reinstall millrace for this platform (${error instanceof Error ? error.message.split("\n")[0] : "no binary"}).`;
      return { name: "bundler (esbuild)", value: "does not start", state: "missing", advice };
    }
  }
}
