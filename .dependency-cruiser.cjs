/**
 * Who may import whom: `test/arch/directions.test.ts` runs these rules and asserts how many modules they
 * saw. The table mirrors ARCHITECTURE.md; what is not listed for a folder is forbidden to it.
 */
const dataplane = (name) => `^dataplane/${name}/`;
const control = (name) => `^control/${name}/`;

const PROTOCOL = dataplane("protocol");
const MEMORY = dataplane("memory");
const FORMATS = dataplane("formats");
const FUNCTIONS = dataplane("functions");
const CONNECTORS = dataplane("connectors");
const COMMON = control("common");
const CONFIG = control("config");
const PLAN = control("plan");
const COMPILER = control("compiler");
const METRICS = control("metrics");
const API = control("api");
const CHECKPOINT = control("checkpoint");
const RUNTIME = control("runtime");
const CLUSTER = control("cluster");
const REST = control("rest");
const WORKER = dataplane("worker");
const SNAPSHOT = dataplane("snapshot");

/** Folder -> folders (and files) of the engine it may import besides itself. */
const MAY_IMPORT = [
  [PROTOCOL, []],
  [dataplane("assembly"), ["^dataplane/protocol/([a-z-]+-layout|math-operations|status)\\.ts$"]],
  [MEMORY, [PROTOCOL]],
  [FORMATS, [MEMORY, PROTOCOL]],
  [FUNCTIONS, [PROTOCOL]],
  [CONNECTORS, [FUNCTIONS, FORMATS, MEMORY, PROTOCOL]],
  [SNAPSHOT, [FORMATS, MEMORY, PROTOCOL]],
  [WORKER, [SNAPSHOT, CONNECTORS, FUNCTIONS, FORMATS, MEMORY, PROTOCOL]],
  [COMMON, [PROTOCOL]],
  [CONFIG, [COMMON, PROTOCOL]],
  [PLAN, [CONFIG, COMMON, PROTOCOL]],
  [COMPILER, [PLAN, CONFIG, COMMON, FORMATS, MEMORY, PROTOCOL]],
  [METRICS, [COMMON, PROTOCOL]],
  [CHECKPOINT, [PLAN, CONFIG, COMMON, SNAPSHOT, FORMATS, MEMORY, PROTOCOL]],
  [API, [COMPILER, PLAN, CONFIG, COMMON, CONNECTORS, FUNCTIONS, PROTOCOL]],
  [
    RUNTIME,
    [
      API,
      CHECKPOINT,
      COMPILER,
      PLAN,
      METRICS,
      CONFIG,
      COMMON,
      CONNECTORS,
      SNAPSHOT,
      FORMATS,
      MEMORY,
      PROTOCOL,
    ],
  ],
  [
    control("testing"),
    [
      RUNTIME,
      API,
      PLAN,
      METRICS,
      CONFIG,
      COMMON,
      WORKER,
      CONNECTORS,
      FUNCTIONS,
      FORMATS,
      MEMORY,
      PROTOCOL,
    ],
  ],
  [CLUSTER, [RUNTIME, API, CHECKPOINT, PLAN, METRICS, CONFIG, COMMON, SNAPSHOT, PROTOCOL]],
  [REST, [CLUSTER, PLAN, CONFIG, COMMON, PROTOCOL]],
  [
    control("cli"),
    [REST, CLUSTER, RUNTIME, API, CHECKPOINT, PLAN, METRICS, CONFIG, COMMON, PROTOCOL],
  ],
];

/** npm package -> the only place that may import it. */
const ONE_PLACE = [
  ["assemblyscript", "^control/compiler/asc/asc-process\\.ts$"],
  ["acorn", `${COMPILER}(front|captures)/`],
  ["piscina", "^control/runtime/worker-pool\\.ts$"],
  ["commander", control("cli")],
  ["fastify", REST],
  ["@fastify", REST],
  ["cli-table3", `${control("cli")}|^bench/|^examples/`],
  ["picocolors", `${control("cli")}|^examples/`],
  ["yauzl", "^control/cluster/bundle-archive\\.ts$"],
  ["classic-level", "^control/cluster/registry\\.ts$"],
  ["yazl", "^control/cluster/bundle-archive\\.ts$"],
  ["esbuild", "^control/runtime/bundle[a-z-]*\\.ts$|^control/config/"],
  ["msgpackr", `${FORMATS}|^bench/serialization\\.ts$`],
  ["typebox", "^control/(config|plan|common)/"],
];

const ENGINE = "^(control|dataplane)/";

module.exports = {
  forbidden: [
    ...MAY_IMPORT.map(([from, allowed]) => ({
      name: `${from.replace(/[\^/]/g, " ").trim().replace(" ", "-")}-direction`,
      severity: "error",
      from: { path: from },
      to: {
        path: "^(control|dataplane|bench|test|examples|scripts)/",
        pathNot: [from, ...allowed],
      },
    })),
    ...ONE_PLACE.map(([name, place]) => ({
      name: `${name}-in-one-place`,
      severity: "error",
      from: { path: "^(control|dataplane|bench|examples)/", pathNot: place },
      to: { path: `^node_modules/${name}/` },
    })),
    {
      name: "entry-points-are-for-users",
      comment: "control/index.ts may import everything, so nothing inside the engine imports it.",
      severity: "error",
      from: { path: ENGINE, pathNot: "^control/testing\\.ts$" },
      to: { path: "^control/(index|testing)\\.ts$" },
    },
    {
      name: "protocol-and-assembly-stand-alone",
      comment: "No npm package, no Node built-in: other hosts and other compilers read them.",
      severity: "error",
      from: { path: "^dataplane/(protocol|assembly)/" },
      to: { pathNot: "^dataplane/" },
    },
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      // Classes that make each other, as streams do, know one another by type.
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-unresolvable",
      severity: "error",
      from: {},
      // Programs import the package by its name, which resolves once it is built.
      to: { couldNotResolve: true, pathNot: "^millrace(/|$)" },
    },
    {
      name: "no-development-packages",
      severity: "error",
      from: { path: ENGINE },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown", "npm-peer"] },
    },
    {
      name: "no-deprecated-built-ins",
      severity: "error",
      from: {},
      to: { dependencyTypes: ["deprecated"] },
    },
  ],
  options: {
    doNotFollow: { path: "(^|/)node_modules/|^dist/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "types"],
    },
  },
};
