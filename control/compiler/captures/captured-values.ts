/**
 * Looks up what functions capture: the value in the running program, and whether it may be compiled in,
 * which the program's text tells.
 */
import type { ProgramFile } from "../../common/program-file.ts";
import type { CaptureResolver } from "../front/captures.ts";
import type { Binding } from "./bindings.ts";
import { type InspectedFunction, inspectFunction } from "./inspect-function.ts";
import { ProgramModules } from "./program-modules.ts";
import { Settled } from "./settled.ts";
import type { SourceModule } from "./source-module.ts";

interface LocatedFunction extends InspectedFunction {
  readonly source: string;
  /** Where its text starts; null = in no file of the program. */
  readonly module: SourceModule | null;
  readonly start: number;
}

/** The functions of one program. */
export class CapturedValues {
  readonly #modules: ProgramModules;
  readonly #settled: Settled;
  readonly #functions = new WeakMap<CallableFunction, { readonly found: LocatedFunction | null }>();

  /** What was found about variables: many functions use the same ones. */
  readonly #known = new Map<Binding, { readonly value: unknown; readonly reason: string | null }>();

  /** @param file null = not known */
  constructor(file: ProgramFile | null) {
    this.#modules = new ProgramModules(file?.url ?? null);
    // A module that another program submits is given arguments of its own.
    const argv = process.argv.slice(1);
    const isArgvShared = argv.join("\0") === file?.argv.join("\0");
    this.#settled = new Settled(this.#modules, isArgvShared);
  }

  readonly resolve: CaptureResolver = (fn, name) => {
    if (name === "undefined") return null;
    const located = this.#locate(fn);
    const scope = located?.scopes.find((each) => each.has(name));
    if (located === null || scope === undefined) return null;
    const value = scope.get(name);
    const reason = this.#against(located, name, value);
    return reason === null ? { kind: "value", value } : { kind: "refused", reason };
  };

  /** `src/job.ts:12:7`: a place in the text of a function; null = it is in no file of the program. */
  placeIn(fn: CallableFunction, offset: number): string | null {
    const located = this.#locate(fn);
    return located?.module?.placeOf(located.start + offset) ?? null;
  }

  #against(
    { module, source, start }: LocatedFunction,
    name: string,
    value: unknown,
  ): string | null {
    const bindings = module?.bindings ?? null;
    const node = module?.nodeAt(start, start + source.length) ?? null;
    const binding = node === null ? null : (bindings?.find(name, node) ?? null);
    if (module === null || bindings === null || binding === null) {
      return "is not in the program's files";
    }
    if (module.callsEval) return "is in a file that calls eval()";
    if (value === undefined) return "has no value when the job is started";
    const variable = this.#settled.target({ module, bindings, binding });
    if (typeof variable === "string") return variable;
    const known = this.#known.get(variable.binding);
    if (known !== undefined && Object.is(known.value, value)) return known.reason;
    const reason = this.#settled.against(variable, [value]);
    this.#known.set(variable.binding, { value, reason });
    return reason;
  }

  #locate(fn: CallableFunction): LocatedFunction | null {
    const known = this.#functions.get(fn);
    if (known !== undefined) return known.found;
    const inspected = inspectFunction(fn);
    const found = inspected === null ? null : this.#inFile(fn, inspected);
    this.#functions.set(fn, { found });
    return found;
  }

  #inFile(fn: CallableFunction, inspected: InspectedFunction): LocatedFunction {
    const source = Function.prototype.toString.call(fn);
    for (const module of this.#modules) {
      const start = module.startOf(source, inspected.line, inspected.column);
      if (start !== null) return { ...inspected, source, module, start };
    }
    return { ...inspected, source, module: null, start: 0 };
  }
}
