// What a handler of _first_imports_child.ts imports in its transaction.
export const isThere = true;
