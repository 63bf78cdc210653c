import { extendLayout, type Layout } from "./_layout.ts";
import { DomainError } from "./domain_error.ts";
import { assertCode, assertStatus, GlamError, hide } from "./glam_error.ts";

/** Any class of errors of this package. */
export type GlamErrorConstructor = new (...args: never[]) => GlamError;

/** The options that the constructor of `Class` takes. */
export type OptionsOf<Class extends GlamErrorConstructor> = NonNullable<ConstructorParameters<Class>[1]>;

/** Options of a parent class that this class sets by itself. */
export type FixedOptions<Option extends string> = { readonly [Key in Option]?: never };

/** `Own` options, where `undefined` means not given, and those of `Parent` that they do not replace. */
export type MergedOptions<Own extends object, Parent extends GlamErrorConstructor> =
  & { readonly [Key in keyof Own]: Own extends Record<Key, Own[Key]> ? Own[Key] : Own[Key] | undefined }
  & Omit<OptionsOf<Parent>, keyof Own>;

/** Constructor arguments: the options may be left out unless one of them is required. */
export type ErrorArguments<Message extends string | undefined, Options extends object> =
  Partial<Options> extends Options
    ? undefined extends Message ? [message?: string, options?: Options] : [message: string, options?: Options]
    : [message: Message, options: Options];

/**
 * A class of errors with `Own` options beside those of `Parent`; `Message` takes `undefined` where the class has a
 * default message.
 */
export interface ErrorClass<
  Own extends object = object,
  Parent extends GlamErrorConstructor = typeof GlamError,
  Message extends string | undefined = string,
> {
  /** An error of this class. */
  new (...args: ErrorArguments<Message, MergedOptions<Own, Parent>>): InstanceType<Parent>;
  /** Code of instances that are not given another. */
  readonly code: string;
  /** HTTP status of instances that are not given another. */
  readonly status: number;
  /** Message of instances that are not given one. */
  readonly defaultMessage: string | undefined;
}

/** What {@link defineError} takes. */
export interface ErrorDefinition<Parent extends GlamErrorConstructor = typeof GlamError> {
  /** Stable code for programs, in upper snake_case. */
  readonly code: string;
  /**
   * HTTP status, an integer from 400 to 599.
   * @default the status of `extends`; without `extends` it must be given
   */
  readonly status?: number | undefined;
  /**
   * Message of instances that are not given one.
   * @default the message of `extends`, else the status phrase
   */
  readonly message?: string | undefined;
  /** Details of every instance. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Name of the class.
   * @default made from the code: `OUT_OF_STOCK` is `OutOfStockError`
   */
  readonly name?: string | undefined;
  /**
   * The parent class.
   * @default DomainError under status 500, else GlamError
   */
  readonly extends?: Parent | undefined;
}

interface BuiltInDefinition
  extends ErrorDefinition<GlamErrorConstructor>, Partial<Pick<Layout, "keys" | "texts">> {
  readonly name: string;
}

const classes = new Map<string, GlamErrorConstructor>();
const builtInCodes = new Set<string>();

/**
 * Defines a class of errors, which `errorFromEnvelope` finds by its code. A second definition of a code replaces the first
 * there.
 *
 * `Options` are the typed options of the class, in camelCase; they go into `details` in snake_case.
 *
 * @example
 * ```ts
 * import { defineError } from "@glam/shared/errors";
 *
 * const OutOfStockError = defineError<{ sku: string }>({
 *   code: "OUT_OF_STOCK",
 *   status: 409,
 *   message: "Out of stock",
 * });
 *
 * const error = new OutOfStockError(undefined, { sku: "lipstick-7" });
 * console.log(error.status, error.message, error.details); // 409 Out of stock { sku: "lipstick-7" }
 * ```
 *
 * @throws {TypeError} when the code is empty or belongs to a class of this package.
 * @throws {RangeError} when the status is not an integer from 400 to 599, or neither it nor `extends` is given.
 */
export function defineError<
  Options extends object = object,
  Parent extends GlamErrorConstructor = typeof GlamError,
>(
  definition: ErrorDefinition<Parent> & { readonly message: string },
): ErrorClass<Options, Parent, string | undefined>;
/** Defines a class of errors without a default message: each instance is given one. */
export function defineError<
  Options extends object = object,
  Parent extends GlamErrorConstructor = typeof GlamError,
>(definition: ErrorDefinition<Parent>): ErrorClass<Options, Parent>;
export function defineError(definition: ErrorDefinition<GlamErrorConstructor>): GlamErrorConstructor {
  const { code, status, name = nameFromCode(code) } = definition;
  assertCode(code);
  if (status !== undefined || definition.extends === undefined) assertStatus(status);
  if (builtInCodes.has(code)) {
    throw new TypeError(
      `Cannot define ${JSON.stringify(code)}: the code belongs to ${classes.get(code)?.name}`,
    );
  }
  const Parent = definition.extends ?? (status! < 500 ? DomainError : GlamError);
  const Class = nameClass(class extends (Parent as typeof GlamError) {}, { ...definition, name });
  classes.set(code, Class);
  return Class;
}

/** A class of this package: its code cannot be defined again. */
export function builtIn<Class extends GlamErrorConstructor>(definition: BuiltInDefinition): Class {
  const Parent = definition.extends as typeof GlamError;
  return registerBuiltIn(nameClass(class extends Parent {}, definition)) as unknown as Class;
}

/** Registers a class that is written out, rather than defined, under its code. */
export function registerBuiltIn<Class extends GlamErrorConstructor & { readonly code: string }>(
  Class: Class,
): Class {
  builtInCodes.add(Class.code);
  classes.set(Class.code, Class);
  return Class;
}

/** The class whose code this is. */
export function errorClassOf(code: string): typeof GlamError | undefined {
  return classes.get(code) as typeof GlamError | undefined;
}

function nameClass(Class: typeof GlamError, definition: Partial<BuiltInDefinition>): typeof GlamError {
  const { name, code, status = Class.status, message = Class.defaultMessage } = definition;
  hide(Class, "name", name);
  hide(Class.prototype, "name", name);
  hide(Class, "code", code);
  hide(Class, "status", status);
  hide(Class, "defaultMessage", message);
  const { details = {}, keys = {}, texts = [] } = definition;
  extendLayout(Class, { details, keys, texts });
  return Class;
}

function nameFromCode(code: string): string {
  const words = String(code).toLowerCase().replace(/_?error$/, "").match(/[a-z0-9]+/g) ?? [];
  return words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("") + "Error";
}
