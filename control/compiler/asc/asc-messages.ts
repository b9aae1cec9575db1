/** What the process of the compiler is told and what it answers; one compile at a time. */
export type AscRequest =
  | { readonly kind: "library"; readonly files: ReadonlyMap<string, string> }
  | { readonly kind: "compile"; readonly text: string; readonly withWat: boolean };

export type AscAnswer =
  | { readonly kind: "compiled"; readonly wasm: Uint8Array; readonly wat: string | null }
  | { readonly kind: "refused"; readonly diagnostics: string };
