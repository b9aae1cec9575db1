/** A handle on state that namespaces can hand over to each other. */
export interface MergingHandle {
  /** Takes out what the namespace has; undefined = nothing. */
  take(): unknown;
  /** Adds what take() gave elsewhere. */
  merge(part: unknown): void;
}
