/** What the host gives: imports of module "env", named after this file. */

/**
 * Grows the memory by `pages`, borrowing them from the slot's budget first.
 *
 * @returns 1 = granted, 0 = refused and nothing changed
 */
export declare function requestPages(pages: i32): i32;
