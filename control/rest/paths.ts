/** Paths as Flink reads them: what a segment escapes, empty segments and the version in front make no difference. */

const VERSION = "v1";

/**
 * The path that routes are written for. Segments are told apart when they are decoded, so an escaped slash parts them
 * like a plain one; no route sees a slash in a name.
 */
export function routedPath(url: string): string {
  const queryAt = url.indexOf("?");
  const path = queryAt < 0 ? url : url.slice(0, queryAt);
  const query = queryAt < 0 ? "" : url.slice(queryAt);
  const segments = decoded(path)
    .split("/")
    .filter((segment) => segment !== "");
  if (segments[0] === VERSION && segments.length > 1) segments.shift();
  return `/${segments.map(encodeURIComponent).join("/")}${query}`;
}

/** The path of a URL in plain text, for messages. */
export function shownPath(url: string): string {
  return decoded(url.split("?", 1)[0] ?? "");
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // Not escaped properly: it is taken as it is, and is no route.
    return path;
  }
}

/** Every value of each parameter, in order; a value with commas is several. */
export function queryValues(query: string): Record<string, string[]> {
  const values: Record<string, string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(query)) {
    values[name] = [...(values[name] ?? []), ...value.split(",")];
  }
  return values;
}
