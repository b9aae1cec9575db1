/**
 * Name of an object's class, for names of operators. Bundlers (esbuild) put `_` in front of the name of a
 * class that mentions itself; the engine is bundled, and programs are.
 */
export function classNameOf(object: object): string {
  return object.constructor.name.replace(/^_(?=.)/, "");
}
