/**
 * Sets a member whatever its name. An assignment to `__proto__` sets the prototype on Bun, Node and workerd: whoever chose
 * the name would then choose what every member that is absent gives.
 */
export function defineMember(object: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
}
