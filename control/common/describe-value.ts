/** A few words about any value, for error messages: "null", "a Date", "the string \"4\"". */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  switch (typeof value) {
    case "string":
      return `the string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
    case "number":
    case "boolean":
      return String(value);
    case "bigint":
      return `${value}n`;
    case "function":
      return describeFunction(value);
    case "object":
      return Array.isArray(value) ? "an array" : describeObject(value);
    default:
      return `a ${typeof value}`;
  }
}

function describeFunction(value: object): string {
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (tag === "AsyncFunction") return "an async function";
  if (tag === "GeneratorFunction") return "a generator function";
  if (tag === "AsyncGeneratorFunction") return "an async generator function";
  return /^class\b/.test(Function.prototype.toString.call(value)) ? "a class" : "a function";
}

function describeObject(value: object): string {
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  if (typeof name !== "string" || name === "" || name === "Object") return "an object";
  return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}
