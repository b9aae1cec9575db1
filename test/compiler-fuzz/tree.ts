/** Program text as a tree of parts, so that a failure can be made smaller without a parser. */

/** `block`: statements; `result`: what the `function` answers. Only parts of one kind replace each other. */
export type Kind =
  | "number"
  | "string"
  | "boolean"
  | "strings"
  | "numbers"
  | "block"
  | "result"
  | "function";

export interface Tree {
  readonly kind: Kind;
  readonly parts: readonly (string | Tree)[];
}

export function tree(kind: Kind, ...parts: readonly (string | Tree)[]): Tree {
  return { kind, parts };
}

export function textOf({ parts }: Tree): string {
  return parts.map((part) => (typeof part === "string" ? part : textOf(part))).join("");
}

const PLAIN: Readonly<Record<Kind, readonly string[]>> = {
  number: ["1", "0.5"],
  string: ['""', '"a"'],
  boolean: ["true", "false"],
  strings: ['"a b".split(" ")'],
  numbers: ["[1, 2]"],
  block: [""],
  result: [],
  function: [],
};

/** Trees with one part replaced by something plainer of its kind, the largest parts first. */
export function smallerTrees(root: Tree): readonly Tree[] {
  const found: { readonly saved: number; readonly tree: Tree }[] = [];
  const visit = (node: Tree, rebuilt: (replacement: Tree) => Tree): void => {
    const length = textOf(node).length;
    const plain = PLAIN[node.kind].map((text) => tree(node.kind, text));
    for (const candidate of [...plain, ...descendants(node)]) {
      const saved = length - textOf(candidate).length;
      if (candidate.kind === node.kind && saved > 0)
        found.push({ saved, tree: rebuilt(candidate) });
    }
    for (const [index, part] of node.parts.entries()) {
      if (typeof part === "string") continue;
      visit(part, (replacement) =>
        rebuilt({ ...node, parts: node.parts.with(index, replacement) }),
      );
    }
  };
  visit(root, (replacement) => replacement);
  return found.sort((a, b) => b.saved - a.saved).map((each) => each.tree);
}

function descendants(node: Tree): readonly Tree[] {
  const children = node.parts.filter((part) => typeof part !== "string");
  return children.flatMap((child) => [child, ...descendants(child)]);
}
