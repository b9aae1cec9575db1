/** How operator state of old subtasks is shared among new ones. */
import type { OperatorStateEntry } from "../../protocol/operator-state.ts";

type Entries = readonly OperatorStateEntry[];

/**
 * The share of one subtask, an entry per name that any old subtask had.
 *
 * @param old entries of each old subtask
 */
export function shareOf(
  old: readonly Entries[],
  subtaskIndex: number,
  parallelism: number,
): Entries {
  const modes = new Map(old.flat().map(({ name, mode }) => [name, mode]));
  return [...modes].map(([name, mode]) => {
    const values = old.map((entries) => valuesOf(entries, name));
    if (mode === "union") return { name, mode, values: values.flatMap((own) => own ?? []) };
    if (mode === "broadcast") {
      const copies = values.filter((own) => own !== null);
      return { name, mode, values: copies[subtaskIndex % copies.length] ?? [] };
    }
    // Who has the same neighbours as before keeps what was its own.
    if (old.length === parallelism) return { name, mode, values: values[subtaskIndex] ?? [] };
    const all = values.flatMap((own) => own ?? []);
    return { name, mode, values: all.filter((_, index) => index % parallelism === subtaskIndex) };
  });
}

/** null = the subtask had no such entry. */
function valuesOf(entries: Entries, name: string): readonly unknown[] | null {
  return entries.find((entry) => entry.name === name)?.values ?? null;
}
