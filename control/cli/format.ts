/** Numbers for people. */
const SCALES = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "K"],
] as const;

/** 1234567 -> "1.23 M". */
export function formatCount(value: number): string {
  for (const [scale, letter] of SCALES) {
    if (value >= scale) return `${(value / scale).toFixed(2)} ${letter}`;
  }
  return String(Math.round(value));
}

/** Bytes in binary units. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Milliseconds as "0.42 s" or "2 min 05 s". */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(2)} s`;
  const minutes = Math.floor(seconds / 60);
  return `${minutes} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
}
