/**
 * Java's Double.toString: always a fraction, exponent form outside [1e-3, 1e7). Of the decimals that
 * read back as the value it prints the shortest, as Java does since version 19 (older ones sometimes
 * print a digit more).
 */
export function javaDouble(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  if (!Number.isFinite(value)) return value < 0 ? "-Infinity" : "Infinity";
  const magnitude = Math.abs(value);
  const text = magnitude >= 1e-3 && magnitude < 1e7 ? plain(magnitude) : exponential(magnitude);
  return value < 0 ? `-${text}` : text;
}

function plain(magnitude: number): string {
  const text = String(magnitude);
  return text.includes(".") ? text : `${text}.0`;
}

function exponential(magnitude: number): string {
  const [digits = "", exponent = ""] = shortest(magnitude).split("e");
  const mantissa = digits.includes(".") ? digits : `${digits}.0`;
  return `${mantissa}E${exponent.replace("+", "")}`;
}

/** Java has two digits at least; of those that read back as the value it takes the closest. */
function shortest(magnitude: number): string {
  const text = magnitude.toExponential();
  if (text.includes(".")) return text;
  const closest = magnitude.toExponential(1);
  return Number(closest) === magnitude ? closest : text;
}
