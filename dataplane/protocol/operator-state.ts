/**
 * State of an operator that belongs to no key: positions of a source, transactions of a sink, what
 * functions keep for themselves. A snapshot has the entries of every subtask by the operator's id.
 */
export interface OperatorStateEntry {
  /** Unique within the operator. */
  readonly name: string;
  /**
   * How subtasks of another parallelism share it: split = the values of all subtasks are dealt out
   * evenly; union = each gets the values of all; broadcast = each gets those of one, since they are the
   * same everywhere.
   */
  readonly mode: "split" | "union" | "broadcast";
  /** What GENERIC records hold. */
  readonly values: readonly unknown[];
}
