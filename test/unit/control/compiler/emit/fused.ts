/** Text of generated modules. */
import assert from "node:assert/strict";
import { fusedModule } from "../../../../../control/compiler/emit/fused-module.ts";
import { analyze } from "../../../../../control/compiler/front/analyze.ts";
import type { Role } from "../../../../../control/compiler/front/roles.ts";
import type { DataType } from "../../../../../dataplane/protocol/types.ts";
import type { Lambda } from "../front/differential.ts";

export type Step = readonly [role: Role, fn: Lambda, declared?: DataType];

/** The module's text. */
export function fused(inputType: DataType, ...steps: readonly Step[]): string {
  let type = inputType;
  const operators = steps.map(([role, fn, declaredOutput = null]) => {
    const analysis = analyze({ fn, role, inputType: type, declaredOutput });
    assert.ok(analysis.ok, analysis.ok ? "" : analysis.reason);
    type = analysis.program.outputType;
    return { about: role, program: analysis.program };
  });
  const module = fusedModule(operators);
  assert.ok(module.ok);
  return module.text;
}
