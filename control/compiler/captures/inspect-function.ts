/**
 * What only V8 knows of a function: where it stands, and the variables around it with their values now.
 * Nothing of the user's runs.
 */

import type { Session } from "node:inspector";
import { createRequire } from "node:module";

export interface InspectedFunction {
  /** Of its first parameter or so, in its script; both from 0. */
  readonly line: number;
  readonly column: number;
  /** Variables it uses from outside, from the innermost scope outwards; without globals. */
  readonly scopes: readonly ReadonlyMap<string, unknown>[];
}

interface RemoteObject {
  readonly objectId?: string;
  readonly description?: string;
  readonly value?: unknown;
}
interface Property {
  readonly name: string;
  readonly value?: RemoteObject;
}
interface Properties {
  readonly result: readonly Property[];
  readonly internalProperties?: readonly Property[];
}

/** Where objects pass between this code and what it evaluates. */
const EXCHANGE = Symbol.for("millrace.inspected");
const EXCHANGE_TEXT = `globalThis[Symbol.for("millrace.inspected")]`;
/** Scopes of the program as a whole hold what everything can see. */
const OUTERMOST = /^Global/;
/** Names in it may be properties of an object. */
const WITH = /^With/;

/** null = it has no source, or this process cannot be inspected. */
export function inspectFunction(fn: CallableFunction): InspectedFunction | null {
  const session = openSession();
  if (session === null) return null;
  const holder = globalThis as { [EXCHANGE]?: { readonly fn: unknown; scope: object | null } };
  const exchange: { readonly fn: unknown; scope: object | null } = { fn, scope: null };
  holder[EXCHANGE] = exchange;
  try {
    const { result } = post<{ result: RemoteObject }>(session, "Runtime.evaluate", {
      expression: `${EXCHANGE_TEXT}.fn`,
    });
    const internal = propertiesOf(session, result).internalProperties ?? [];
    const location = internal.find(({ name }) => name === "[[FunctionLocation]]")?.value?.value;
    if (!isLocation(location)) return null;
    const list = internal.find(({ name }) => name === "[[Scopes]]")?.value;
    const scopes = list === undefined ? [] : propertiesOf(session, list).result;
    if (scopes.some(({ value }) => WITH.test(value?.description ?? ""))) return null;
    const variables = scopes.flatMap(({ value }) => {
      if (value === undefined || OUTERMOST.test(value.description ?? "")) return [];
      post(session, "Runtime.callFunctionOn", {
        objectId: value.objectId,
        functionDeclaration: `function () { ${EXCHANGE_TEXT}.scope = this.object; }`,
      });
      return exchange.scope === null ? [] : [new Map(Object.entries(exchange.scope))];
    });
    return { line: location.lineNumber, column: location.columnNumber, scopes: variables };
  } catch {
    return null;
  } finally {
    delete holder[EXCHANGE];
    session.disconnect();
  }
}

/** The inspector is loaded when it is needed: few programs do, and some builds of Node have none. */
function openSession(): Session | null {
  try {
    const { Session } = createRequire(import.meta.url)(
      "node:inspector",
    ) as typeof import("node:inspector");
    const session = new Session();
    session.connect();
    return session;
  } catch {
    return null;
  }
}

function propertiesOf(session: Session, { objectId }: RemoteObject): Properties {
  return post(session, "Runtime.getProperties", { objectId, ownProperties: true });
}

/** The inspector of the own thread answers before post() returns. */
function post<Answer>(session: Session, method: string, params: object): Answer {
  let answer: unknown;
  session.post(method, params, (error: Error | null, result?: unknown) => {
    if (error !== null) throw error;
    answer = result;
  });
  return answer as Answer;
}

function isLocation(
  value: unknown,
): value is { readonly lineNumber: number; readonly columnNumber: number } {
  const location = value as {
    readonly lineNumber?: unknown;
    readonly columnNumber?: unknown;
  } | null;
  return typeof location?.lineNumber === "number" && typeof location.columnNumber === "number";
}
