/** Regular expressions: what their methods and those of strings that take one become. */
import type { Expression, Node } from "acorn";
import { SEARCHES } from "../builtins.ts";
import { type Expr, typeOf } from "../ir.ts";
import { PatternRefusal } from "../regexp/escapes.ts";
import { parsePattern } from "../regexp/parse.ts";
import type { Pattern } from "../regexp/pattern.ts";
import { replacementParts } from "../regexp/replacement.ts";
import { callOf, termText } from "./conversions.ts";
import { stringLiteral, valueOfLiteral } from "./literals.ts";
import type { Lowering } from "./lowering.ts";
import { NEVER } from "./nulls.ts";
import { refuse } from "./refusal.ts";
import type { MatchTerm, RegexpTerm, Scope, Term } from "./scope.ts";
import { scalar } from "./terms.ts";

interface RegexpCall {
  readonly lowering: Lowering;
  readonly regexp: RegexpTerm;
  readonly text: Expr;
  /** Behind the text or the regular expression. */
  readonly args: readonly Expression[];
  readonly name: string;
  readonly node: Node;
  readonly scope: Scope;
}

/** `re.test(text)`, `re.exec(text)` */
export function callRegexpMethod(
  lowering: Lowering,
  regexp: RegexpTerm,
  name: string,
  args: readonly Expression[],
  node: Node,
  scope: Scope,
): Term {
  if (name !== "test" && name !== "exec") {
    return refuse(node, `calls ${name}() of a regular expression, which is not compiled`);
  }
  const [text, ...more] = args;
  if (text === undefined || more.length > 0) {
    return refuse(node, `calls ${name}() with ${args.length} arguments, which is not compiled`);
  }
  const subject = textOf(lowering.value(text, scope), text);
  const call: RegexpCall = { lowering, regexp, text: subject, args: more, name, node, scope };
  const pattern = patternOf(call);
  if (pattern.isGlobal) {
    return refuse(node, `calls ${name}() with the flag g, which counts on the call before`);
  }
  return name === "test" ? scalar(search("regexp.test", call)) : matchOf(call, pattern);
}

/** `text.match(re)` and the like; null = the first argument is no regular expression. */
export function callWithRegexp(
  lowering: Lowering,
  text: Expr,
  name: string,
  args: readonly Expression[],
  node: Node,
  scope: Scope,
): Term | null {
  const [first, ...more] = args;
  const method = METHODS.get(name);
  if (first === undefined || typeOf(text).kind !== "STRING" || method === undefined) return null;
  const isLikely = first.type === "Literal" || first.type === "Identifier";
  const regexp = isLikely ? lowering.value(first, scope) : null;
  if (regexp?.kind !== "regexp") return null;
  return method({ lowering, regexp, text, args: more, name, node, scope });
}

type Method = (call: RegexpCall) => Term;

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ["match", match],
  ["replace", replace],
  ["replaceAll", replace],
  ["search", (call) => scalar(only("regexp.search", call))],
  ["split", split],
]);

function match(call: RegexpCall): Term {
  if (call.args.length > 0) return refuseArguments(call);
  return matchOf(call, patternOf(call));
}

function matchOf(call: RegexpCall, pattern: Pattern): MatchTerm {
  const { names, isGlobal, groupCount: count } = pattern;
  const list = search(isGlobal ? "regexp.matches" : "regexp.match", call);
  return { kind: "match", list, isEnded: NEVER, groups: isGlobal ? null : { count, names } };
}

function split(call: RegexpCall): Term {
  const pattern = patternOf(call);
  if (pattern.groupCount > 0) {
    return refuse(call.node, "splits at a regular expression with groups, which is not compiled");
  }
  return scalar(only("regexp.split", call));
}

function replace(call: RegexpCall): Term {
  const { lowering, args, name, node, scope } = call;
  const [given, ...more] = args;
  if (given === undefined || more.length > 0) return refuseArguments(call);
  const { isGlobal, groupCount } = patternOf(call);
  if (name === "replaceAll" && !isGlobal) {
    return refuse(node, "calls replaceAll() of a regular expression without the flag g");
  }
  const term = lowering.value(given, scope);
  const replacement = term.kind === "scalar" ? valueOfLiteral(term.expr) : null;
  if (typeof replacement !== "string") {
    return refuse(given, "replaces matches by what is no constant string, which is not compiled");
  }
  try {
    replacementParts(replacement, groupCount);
  } catch (error) {
    if (!(error instanceof PatternRefusal)) throw error;
    return refuse(given, `${error.message}, which is not compiled`);
  }
  return scalar(search("regexp.replace", call, [stringLiteral(replacement)]));
}

function only(builtin: string, call: RegexpCall): Expr {
  patternOf(call);
  return call.args.length > 0 ? refuseArguments(call) : search(builtin, call);
}

function search(builtin: string, { text, regexp }: RegexpCall, more: readonly Expr[] = []): Expr {
  const args = [text, stringLiteral(regexp.source), stringLiteral(regexp.flags), ...more];
  const found = SEARCHES[builtin];
  if (found === undefined) throw new TypeError(`There is no search ${builtin}.`);
  return callOf(builtin, args, found.result);
}

function patternOf({ regexp, node }: RegexpCall): Pattern {
  const pattern = parsePattern(regexp.source, regexp.flags);
  if (typeof pattern !== "string") return pattern;
  return refuse(node, `uses a regular expression that ${pattern}, which is not compiled`);
}

function textOf(term: Term, node: Node): Expr {
  if (term.kind === "scalar" && typeOf(term.expr).kind === "STRING") return term.expr;
  return refuse(node, `looks for a regular expression in ${termText(term)}, which is not compiled`);
}

function refuseArguments({ name, args, node }: RegexpCall): never {
  return refuse(node, `calls ${name}() with ${args.length + 1} arguments, which is not compiled`);
}
