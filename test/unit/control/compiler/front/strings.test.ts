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
/** Functions over strings, compared with V8. */
import { test } from "node:test";
import { assertAllSame, type Lambda, texts } from "./differential.ts";

const STRING = { kind: "STRING" } as const;

const MAPS: readonly Lambda[] = [
  (s) => s,
  (s) => s.length,
  (s) => s.length > 3,
  (s) => `${s}!`,
  (s) => `<${s}>${s.length}</${s}>`,
  (s) => s + 1,
  (s) => 1 + s,
  (s) => s + true,
  (s) => s + s.length / 3,
  (s) => s + (s.length === 0),
  (s) => s.trim().toLowerCase(),
  (s) => s.toUpperCase().trimEnd(),
  (s) => s.trimStart(),
  (s) => s.slice(1),
  (s) => s.slice(-3, -1),
  (s) => s.slice(),
  (s) => s.substring(2, 1),
  (s) => s.substring(1),
  (s) => s.charAt(0) + s.charAt(1),
  (s) => s.charAt(),
  (s) => s.charCodeAt(0),
  (s) => s.charCodeAt(99),
  (s) => s.codePointAt(0),
  (s) => s.at(-1),
  (s) => s.at(0),
  (s) => s[0],
  (s) => s[s.length - 1],
  (s) => s[s.indexOf("a")],
  (s) => s[s.length / 2],
  (s) => s === "" || s[0] === "a" || s[s.length] === "a",
  (s) => (s.length > 1 ? s[0.5 + 0.5] : "none"),
  (s) => s.startsWith("a"),
  (s) => s.startsWith("a", 1),
  (s) => s.endsWith("0"),
  (s) => s.endsWith("a", 2),
  (s) => s.includes(","),
  (s) => s.includes("a", 2),
  (s) => s.indexOf(" "),
  (s) => s.indexOf("a", 3),
  (s) => s.lastIndexOf("a"),
  (s) => s.lastIndexOf("a", 2),
  (s) => s.replace(",", ";"),
  (s) => s.replace("a", "[$&]"),
  (s) => s.replaceAll(",", ""),
  (s) => s.padStart(8),
  (s) => s.padStart(8, "ab"),
  (s) => s.padEnd(8, "."),
  (s) => s.repeat(2),
  (s) => s.concat("x", 1, true),
  (s) => s.concat(),
  (s) => s.toString().valueOf(),
  (s) => String(s),
  (s) => String(s.length),
  (s) => Number(s),
  (s) => +s,
  (s) => -s,
  (s) => ~s,
  (s) => !s,
  (s) => !!s,
  (s) => Boolean(s),
  (s) => s * 2,
  (s) => s - 1,
  (s) => s / s.length,
  (s) => s | 0,
  (s) => s >>> 1,
  (s) => s < "b",
  (s) => s >= "日",
  (s) => s < 5,
  (s) => s > s.length,
  (s) => s === "a",
  (s) => s !== s.trim(),
  (s) => s == "",
  (s) => s != s.toLowerCase(),
  (s) => parseInt(s),
  (s) => parseInt(s, 16),
  (s) => Number.parseInt(s, s.length),
  (s) => parseFloat(s),
  (s) => Number.parseFloat(s.slice(1)),
  (s) => isNaN(s),
  (s) => isFinite(s),
  (s) => Number.isNaN(Number(s)),
  (s) => Number.isInteger(Number(s)),
  (s) => s || "empty",
  (s) => s && "full",
  (s) => s.trim() || s || "nothing",
  (s) => s ?? "never",
  (s) => s?.length,
  (s) => s?.trim()?.length,
  (s) => (s ? s : "empty"),
  (s) => (s.length ? s.length : -1),
  (s) => (s.length > 5 ? "long" : s.length > 2 ? "middle" : "short"),
  (s) => [s, 1],
  (s) => [s, s.length, s === ""],
  (s) => [[s, 1], s.length],
  (s) => ({ word: s, count: 1 }),
  (s) => ({ b: s, a: { length: s.length, 2: s, 1: "one" } }),
  (s) => ({ ["computed"]: s, "quoted key": 1 }),
  (s) => s.split(",")[0],
  (s) => s.split(",")[1],
  (s) => s.split(",")[1] ?? "none",
  (s) => s.split(",")[s.length - 3] ?? "none",
  (s) => s.split(",").at(-1),
  (s) => s.split(",").at(s.length > 3 ? -1 : 0),
  (s) => s.split("").length,
  (s) => s.split(" ").join("-"),
  (s) => s.split(" ").join(),
  (s) => s.split(",").length > 2,
  (s) =>
    s
      .split(",")
      .map(Number)
      .reduce((sum: number, x: number) => sum + x, 0),
  (s) =>
    s
      .split(",")
      .map((cell: string) => cell.trim())
      .join("|"),
  (s) =>
    s
      .split(",")
      .map((cell: string, i: number) => `${i}:${cell}`)
      .join("|"),
  (s) => s.split(",").filter((cell: string) => cell !== "").length,
  (s) => s.split(",").filter(Boolean).join("/"),
  (s) =>
    s
      .split(",")
      .filter((_: string, i: number) => i % 2 === 0)
      .map((c: string, i: number) => c + i)
      .join(),
  (s) => s.split(" ").some((word: string) => word === "be"),
  (s) => s.split(" ").every((word: string, i: number) => word.length > i),
  (s) => s.split(" ").includes("to"),
  (s) => s.split(" ").indexOf("to"),
  (s) => s.split(" ").findIndex((word: string) => word.length === 2),
  (s) => s.split(",").slice(1).join("+"),
  (s) => s.split(",").slice(1, 2).length,
  (s) =>
    s
      .split(",")
      .slice(-2)
      .map((c: string, i: number) => i + c)
      .join(";"),
  (s) => s.split(",").slice(1, -1).join(";"),
  (s) => Math.max(...s.split(",").map(Number)),
  (s) => Math.min(...s.split(",").map(parseFloat)),
  (s) =>
    s
      .split(",")
      .reduce((best: string, cell: string) => (cell.length > best.length ? cell : best), ""),
  (s) =>
    s
      .split(",")
      .reduce(([n, text]: [number, string], cell: string) => [n + 1, text + cell + n], [0, ""]),
  (s) =>
    s
      .split(";")
      .flatMap((part: string) => part.split(","))
      .map((c: string, i: number) => c + i)
      .join(" "),
  (s) => {
    const [first, second] = s.split(",");
    return [first, second];
  },
  (s) => {
    const [first = "none", second = "two"] = s.split(" ");
    return `${first}/${second}`;
  },
  (s) => {
    const { length } = s;
    return length;
  },
  (s) => {
    const parts = s.split(",");
    return { id: parts[0], value: Number(parts[1]), flag: parts[2] === "abc" };
  },
  (s) => {
    const words = s.split(" ");
    let longest = "";
    for (const word of words) {
      if (word.length > longest.length) longest = word;
    }
    return longest;
  },
  (s) => {
    let count = 0;
    for (let i = 0; i < s.length; i++) {
      if (s[i] === "a") count += 1;
    }
    return count;
  },
  (s) => {
    let count = 0;
    for (let i = 0, n = s.length; i < n; ++i) {
      if (s.charCodeAt(i) > 127) continue;
      if (s.charAt(i) === "z") break;
      count++;
    }
    return count;
  },
  (s) => {
    let rest = s;
    let n = 0;
    while (rest.includes(",")) {
      rest = rest.slice(rest.indexOf(",") + 1);
      n++;
    }
    return [n, rest];
  },
  (s) => {
    let hash = 0;
    for (let i = 0; i < s.length; i++) hash = (hash * 31 + s.charCodeAt(i)) | 0;
    return hash >>> 0;
  },
  (s) => {
    for (const word of s.split(" ")) {
      if (word.startsWith("b")) return word;
    }
    return "none";
  },
  (s) => {
    for (const left of s.split(" ")) {
      for (const right of s.split(",")) {
        if (left === right) return `${left} twice`;
        if (left.length > right.length) break;
      }
      if (left === "to") return "to";
    }
    return "none";
  },
  (s) => {
    let i = 0;
    while (true) {
      if (i >= s.length) return i;
      if (s.charAt(i) === ",") return -i;
      i += 1;
    }
  },
  (s) => {
    if (s === "") return "empty";
    if (s.length > 5) {
      if (s.startsWith("a")) return "a…";
    } else if (s.includes(",")) {
      return "short,";
    }
    const tail = s.slice(-1);
    return tail;
  },
  (s) => {
    let kind;
    if (s === "") kind = "empty";
    else if (s.length > 3) {
      kind = "long";
    } else {
      kind = "short";
      if (s.includes("a")) kind += "a";
    }
    return kind;
  },
  (s) => {
    let n;
    let label: string;
    switch (s.length) {
      case 0:
        n = 0;
        label = "none";
        break;
      case 1:
        return ["one", 1];
      default:
        n = s.length;
        label = s;
    }
    n++;
    return [label, n];
  },
  (s) => {
    let out = "";
    for (let i = 0; i < s.length; i++) {
      switch (s.charAt(i)) {
        case " ":
          continue;
        case ",":
          out += ";";
          break;
        default:
          out += s.charAt(i);
      }
      out += ".";
      if (out.length > 8) break;
    }
    return out;
  },
  (s) => {
    let best;
    for (const word of s.split(" ")) {
      let size;
      if (word.length > 2) size = "big";
      else size = "small";
      if (size === "big") {
        best = word;
        return best + size;
      }
    }
    return "none";
  },
  (s) => {
    switch (s.charAt(0)) {
      case "a":
      case "A":
        return 1;
      case "1": {
        const n = Number(s);
        return n;
      }
      default:
        return 0;
    }
  },
  (s) => {
    let kind = "other";
    switch (s) {
      case "":
        kind = "empty";
        break;
      case "a":
        if (s.length === 1) break;
        kind = "never";
        break;
    }
    return kind;
  },
  (s) => {
    const clean = (text: string) => text.trim().toLowerCase();
    return clean(s) + clean(clean(s));
  },
  (s) => {
    function label(n: number) {
      if (n > 4) return "many";
      for (let i = 0; i < n; i++) {
        if (i === 2) return "three";
      }
      return n === 0 ? "none" : "some";
    }
    return [label(s.length), label(s.split(",").length)];
  },
  (s) => {
    let total = 0;
    s.split(",").forEach((cell: string, index: number) => {
      if (cell === "") return;
      total += Number(cell) * index;
    });
    return total;
  },
  (s) => {
    let n = 1;
    const shifted = s.split(",").map((cell: string) => cell + n);
    n = 2;
    return shifted.join() + n;
  },
  (s) => {
    let n = 0;
    let text = "";
    for (const cell of s.split(",").map((c: string) => c + n)) {
      n++;
      text += cell;
    }
    return text;
  },
  (s) => {
    const pair = [s, s.length] as const;
    const row = { ...{ a: pair[0] }, b: pair[1], c: [...pair, 1] };
    return row;
  },
  (s) => {
    let a = s;
    const before = a;
    a = `${a}x`;
    return [before, a];
  },
  (s) => {
    let a = 1;
    const pair = [a, s];
    a = 2;
    return [...pair, a];
  },
  (s) => {
    const Math = { abs: (x: number) => x + 1 };
    return Math.abs(s.length);
  },
  (s) => {
    let n = 0;
    s.length > 2 && n++;
    s.length > 3 || (n += 10);
    s.length > 4 ? (n += 100) : (n -= 100);
    return n;
  },
  (s) => ["a", "to", "WARN"].includes(s),
  (s) => ["a", "b"][s.length] ?? "beyond",
  (s) => [s, s.trim()].map((text) => text.length),
  (s) => [3, s.length, 2].map((n) => n * 2).join(),
  (s) =>
    s.split(",").some((c: string) => c === "7") && s.split(",").every((c: string) => c !== "")
      ? "both"
      : "not",
  (s) =>
    s.length > 3
      ? s
          .split(",")
          .map(Number)
          .filter((n: number) => n > 0).length
      : -1,
  (s) => s.length > 2 && s.split(" ").some((w: string) => w === "to"),
  (s) => s.length,
];

test("maps over strings give what JavaScript gives", () => {
  assertAllSame(MAPS, { role: "map", inputType: STRING, records: texts() });
});
