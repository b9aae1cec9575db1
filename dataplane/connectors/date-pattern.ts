/**
 * Patterns of java.time.format.DateTimeFormatter, as far as names of directories need them: these
 * letters, and text between quotes.
 *
 *   y, u  year       M  month      d  day of the month    D  day of the year    E  day of the week (Mon)
 *   H     hour 0-23  h  hour 1-12  a  AM or PM            m  minute   s  second  S  fraction of a second
 */
import { EngineError } from "../protocol/errors.ts";

/** A time in the zone, and ms since the epoch. */
type Field = (parts: DateParts) => string;

interface DateParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const MS_PER_DAY = 86_400_000;
const MS_PER_SECOND = 1000;
const FRACTION_DIGITS = 9;
const TOKEN = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+/gy;

/** Formats ms since the epoch. */
export type DateFormat = (timeMs: number) => string;

/**
 * @param zoneId such as "Europe/Berlin"; null = of the system
 * Errors: MR_FUNCTION_INVALID.
 */
export function dateFormat(pattern: string, zoneId: string | null, operation: string): DateFormat {
  const fields = parse(pattern, operation);
  const zone = zoneOf(zoneId, operation);
  return (timeMs) => {
    const parts = partsOf(timeMs, zone);
    return fields.map((field) => field(parts)).join("");
  };
}

function parse(pattern: string, operation: string): readonly Field[] {
  const fields: Field[] = [];
  let end = 0;
  for (const match of pattern.matchAll(TOKEN)) {
    const [token, quoted, letter] = match;
    end += token.length;
    if (letter !== undefined) fields.push(fieldOf(letter, token.length, operation));
    else fields.push(literal(quoted === undefined ? token : quotedText(quoted)));
  }
  if (end !== pattern.length) throw invalid(operation, "an end of the quoted text", pattern);
  return fields;
}

/** Two quotes are one, also where nothing else is between them. */
function quotedText(quoted: string): string {
  return quoted === "" ? "'" : quoted.replaceAll("''", "'");
}

function literal(text: string): Field {
  return () => text;
}

function fieldOf(letter: string, width: number, operation: string): Field {
  const padded = (value: number): string => String(value).padStart(width, "0");
  const limited = (widest: number, field: Field): Field => {
    if (width <= widest) return field;
    throw invalid(operation, `at most ${widest} letters ${letter}`, letter.repeat(width));
  };
  switch (letter) {
    case "y":
    case "u":
      return width === 2
        ? ({ year }) => String(year % 100).padStart(2, "0")
        : ({ year }) => padded(year);
    case "M":
      return limited(2, ({ month }) => padded(month));
    case "d":
      return limited(2, ({ day }) => padded(day));
    case "D":
      return limited(3, (parts) => padded(dayOfYear(parts)));
    case "E":
      return limited(3, (parts) => DAYS[new Date(utcOf(parts)).getUTCDay()] as string);
    case "H":
      return limited(2, ({ hour }) => padded(hour));
    case "h":
      return limited(2, ({ hour }) => padded(hour % 12 === 0 ? 12 : hour % 12));
    case "a":
      return limited(1, ({ hour }) => (hour < 12 ? "AM" : "PM"));
    case "m":
      return limited(2, ({ minute }) => padded(minute));
    case "s":
      return limited(2, ({ second }) => padded(second));
    case "S":
      return limited(FRACTION_DIGITS, ({ millisecond }) =>
        String(millisecond).padStart(3, "0").padEnd(FRACTION_DIGITS, "0").slice(0, width),
      );
    default:
      throw invalid(operation, "the letters y u M d D E H h a m s S", letter);
  }
}

function zoneOf(zoneId: string | null, operation: string): Intl.DateTimeFormat {
  const options: Intl.DateTimeFormatOptions = {
    era: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
    hourCycle: "h23",
  };
  try {
    return new Intl.DateTimeFormat(
      "en-US",
      zoneId === null ? options : { ...options, timeZone: zoneId },
    );
  } catch {
    throw invalid(operation, 'a time zone such as "Europe/Berlin"', String(zoneId));
  }
}

function partsOf(timeMs: number, zone: Intl.DateTimeFormat): DateParts {
  const found = new Map(zone.formatToParts(timeMs).map(({ type, value }) => [type, value]));
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(found.get(type));
  const isBeforeChrist = found.get("era") === "BC";
  return {
    year: isBeforeChrist ? 1 - number("year") : number("year"),
    month: number("month"),
    day: number("day"),
    hour: number("hour"),
    minute: number("minute"),
    second: number("second"),
    millisecond: ((timeMs % MS_PER_SECOND) + MS_PER_SECOND) % MS_PER_SECOND,
  };
}

function dayOfYear(parts: DateParts): number {
  const first = utcOf({ ...parts, month: 1, day: 1 });
  return (utcOf(parts) - first) / MS_PER_DAY + 1;
}

/** ms of the day's start, as if the zone were UTC. */
function utcOf({ year, month, day }: DateParts): number {
  return new Date(0).setUTCFullYear(year, month - 1, day);
}

function invalid(operation: string, expected: string, actual: string): EngineError {
  return new EngineError("MR_FUNCTION_INVALID", { operation, expected, actual });
}
