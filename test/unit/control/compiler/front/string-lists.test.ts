// biome-ignore-all lint/suspicious/noImplicitAnyLet: what users write.
// biome-ignore-all lint/correctness/noUnusedFunctionParameters: what users write.
// biome-ignore-all lint/suspicious/noShadowRestrictedNames: what users write.
// biome-ignore-all lint/suspicious/noAssignInExpressions: what users write.
// biome-ignore-all lint/complexity/noForEach: what users write.
// biome-ignore-all lint/suspicious/useIterableCallbackReturn: what users write.
// biome-ignore-all lint/suspicious/noGlobalIsNan: what users write.
// biome-ignore-all lint/suspicious/noGlobalIsFinite: what users write.
// biome-ignore-all lint/correctness/useParseIntRadix: what users write.
// biome-ignore-all lint/suspicious/noDoubleEquals: what users write.
/** flatMap and filter functions over strings, compared with V8. */
import { test } from "node:test";
import { assertAllSame, type Lambda, texts } from "./differential.ts";

const STRING = { kind: "STRING" } as const;

const FLAT_MAPS: readonly Lambda[] = [
  (line) => line.split(" "),
  (line) =>
    line
      .toLowerCase()
      .split(" ")
      .filter((word: string) => word !== ""),
  (line) =>
    line
      .split(" ")
      .filter((w: string) => w !== "")
      .map((w: string) => [w, 1]),
  (line) => line.split(" ").map((word: string, index: number) => ({ word, index })),
  (line) => line.split(";").flatMap((part: string) => part.split(",").map((cell) => [part, cell])),
  (line) => [line, line.trim()],
  (line) => [
    [line, 1],
    [line.trim(), 2],
  ],
  (line) => [...line.split(" "), line],
  (line) => [line, ...line.split(",").slice(1)],
  (line) => line.split(",").slice(line.length / 2 - 3),
  (line) => line.split(",").slice(Number(line), line.length - 3),
  (line) =>
    line
      .split(",")
      .filter((x: string) => x !== "")
      .slice(-line.length / 2, line.length % 4),
  (line) => (line === "" ? [] : [line]),
  (line) => {
    if (line.length < 3) return [];
    return line.split(",").map(Number);
  },
  (line) => {
    if (line.length < 3) return;
    const words = line.split(" ");
    return words.map((w: string) => [w, words.length]);
  },
  (line, out) => {
    for (const word of line.split(" ")) out.collect([word, 1]);
  },
  (line, out) => {
    for (const word of line.split(" ")) {
      if (word === "") continue;
      if (word === "be") return;
      if (word === "a") break;
      out.collect({ word, n: word.length });
    }
    out.collect({ word: "end", n: 0 });
  },
  (line, out) => line.split(",").forEach((cell: string) => out.collect(cell)),
  (line, out) => out.collect(line),
  (line, out) => {
    line.length > 3 && out.collect(line);
    out.collect("last");
    return [line];
  },
  (line, out) => {
    const emit = (text: string) => out.collect([text, 1]);
    emit(line);
    line.split(" ").forEach((w: string) => {
      if (w !== "") emit(w);
    });
  },
  function* (line) {
    yield line;
    for (const word of line.split(" ")) yield word;
    yield* line.split(",");
  },
  (line, out) => {
    if (line === "") return out.collect("empty");
    out.collect(line);
  },
  (line, out) => line.split(" "),
  ({ length }) => [length, length + 1],
  (line) => {
    const words = line.split(" ").filter((w: string) => w !== "");
    return words.length > 1 ? words : [];
  },
  (line) => {
    return [...line.split(" ").map((w: string) => [w, w.length]), ["end", 0]];
  },
  function* (line) {
    let n = 0;
    while (n < line.length) {
      if (line[n] === ",") return;
      yield [n, line.charAt(n)];
      n += 1;
    }
  },
];

const FILTERS: readonly Lambda[] = [
  (s) => s !== "",
  (s) => s.length > 2 && s.length < 6,
  (s) => s.includes(",") || s.includes(" ") || false,
  (s) => !s.startsWith("a"),
  (s) => !(s.length % 2),
  (s) => !!s.trim(),
  (s) => Boolean(s.length),
  (s) => true,
  (s) => (s === "a" ? false : s < "b"),
  (s) => {
    if (s === "") return false;
    const first = s.charAt(0);
    return first >= "a" && first <= "z";
  },
  (s) => {
    for (const cell of s.split(",")) {
      if (Number.isNaN(Number(cell))) return false;
    }
    return true;
  },
];

test("flat maps over strings emit what JavaScript emits", () => {
  assertAllSame(FLAT_MAPS, { role: "flatMap", inputType: STRING, records: texts() });
});

test("filters over strings keep what JavaScript keeps", () => {
  assertAllSame(FILTERS, { role: "filter", inputType: STRING, records: texts() });
});
