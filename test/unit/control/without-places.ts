/** Reasons and plans without the places they name, which move with the tests' own lines. */
export function withoutPlaces(text: string): string {
  return text.replace(/[^\s(]+\.ts:\d+:\d+/g, "FILE");
}
