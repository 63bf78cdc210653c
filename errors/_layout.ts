/** How the options of an error class become its `details`. */
export interface Layout {
  /** Details of every instance. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Details key of an option that is not simply the option in snake_case. */
  readonly keys: Readonly<Record<string, string>>;
  /** Details keys whose value is written as text. */
  readonly texts: readonly string[];
}

const NO_LAYOUT: Layout = { details: {}, keys: {}, texts: [] };
const layouts = new WeakMap<object, Layout>();

/** Sets what `Class` adds to the layout it inherits. */
export function extendLayout(Class: object, own: Partial<Layout>): void {
  const { details, keys, texts } = layoutOf(Class);
  layouts.set(Class, {
    details: { ...details, ...own.details },
    keys: { ...keys, ...own.keys },
    texts: [...texts, ...own.texts ?? []],
  });
}

function layoutOf(Class: object | null): Layout {
  for (; Class !== null; Class = Object.getPrototypeOf(Class)) {
    const layout = layouts.get(Class);
    if (layout !== undefined) return layout;
  }
  return NO_LAYOUT;
}

/**
 * The details of an instance of `Class`: the `details` that the caller gave, overridden by the options of the class, and both
 * by the details that the class sets for every instance. A value is left out only where it is `undefined`.
 */
export function detailsOf(
  Class: object,
  given: Readonly<Record<string, unknown>> | undefined,
  options: object,
): Record<string, unknown> {
  const { details, keys, texts } = layoutOf(Class);
  const result: Record<string, unknown> = { ...given, ...details };
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const key = keys[option] ?? snakeCase(option);
    result[key] = value !== null && texts.includes(key) ? asText(value) : value;
  }
  return Object.assign(result, details);
}

function snakeCase(option: string): string {
  return option
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .toLowerCase();
}

function asText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value); // has no primitive: an object without a prototype
  }
}
