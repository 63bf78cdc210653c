import type { OutputOf, SchemaLike } from "./schema_like.ts";

/** The outputs of the schemas that are there. */
export type TypesFrom<Schemas extends { readonly [_ in keyof Schemas]: SchemaLike }> = {
  readonly [Part in keyof Schemas as [Schemas[Part]] extends [never] ? never : Part]: OutputOf<Schemas[Part]>;
};

/** The name of a member of a definition, where it is given. */
export type GivenMember<Part, Name> = [Part] extends [never] ? never : Name;

/** The parameters of a path whose contract has no schema for them. */
export type TextParams<Names extends string> = [Names] extends [never] ? never
  : SchemaLike<{ readonly [Name in Names]: string }, { readonly [Name in Names]: string }>;

/** Paths have no optional parts and no wildcards. */
export type CheckedRoute<Route extends string> = Route extends `${string}${"?" | "*/" | "/*"}${string}`
  ? never
  : unknown;

/** Refuses a definition without an answer, and one with two. */
export type CheckedAnswer<Given> = [Given] extends [never]
  ? { readonly "the answer is missing: give one of data, list, cursorList, plain, empty and raw": never }
  : IsUnion<Given> extends true
    ? { readonly "there are two answers: give one of data, list, cursorList, plain, empty and raw": never }
  : unknown;

/** Whether a type is a union. */
export type IsUnion<Type, Whole = Type> = Type extends Whole ? [Whole] extends [Type] ? false : true : never;

/** Refuses `params` with other names than those of the path. */
export type CheckedParams<Params extends SchemaLike, Names extends string> = [Params] extends [never]
  ? unknown
  : [keyof OutputOf<Params>] extends [Names] ? [Names] extends [keyof OutputOf<Params>] ? unknown
    : { readonly "params lack a name of the path": Exclude<Names, keyof OutputOf<Params>> }
  : { readonly "params have a name that the path has not": Exclude<keyof OutputOf<Params>, Names> };

/** Refuses a body with GET and DELETE, and a body beside a form. */
export type CheckedBody<Route extends string, Given> = [Given] extends [never] ? unknown
  : Route extends `${"DELETE" | "GET"} ${string}` ? { readonly "GET and DELETE have no body": never }
  : IsUnion<Given> extends true ? { readonly "give a body or a form, not both": never }
  : unknown;
