import type { CursorInput, PageInput } from "./pagination.ts";
import type { InputOf, OutputOf, SchemaLike } from "./schema_like.ts";

/** What a caller gives, part by part: of the types of an endpoint. A part is optional where nothing in it is required. */
export type CallerInput<Types> = Types extends { readonly takes: infer Input } ? Input
  : Types extends { readonly in: infer Inputs } ? CallerParts<Omit<Types, keyof Inputs> & Inputs, Types>
  : CallerParts<Types, Types>;

/** The same of the schemas of a definition, where it costs the compiler least. */
export type CallerInputOf<
  Params extends SchemaLike,
  Query extends SchemaLike,
  Headers extends SchemaLike,
  Cookies extends SchemaLike,
  Body extends SchemaLike,
  Form extends SchemaLike,
  Paging,
> =
  & ([Params] extends [never] ? unknown : { readonly params: TextInput<InputOf<Params>, OutputOf<Params>> })
  & ([Query] extends [never] ? [Paging] extends [never] ? unknown : { readonly query?: Paging }
    : OptionalPart<
      "query",
      [Paging] extends [never] ? TextInput<InputOf<Query>, OutputOf<Query>>
        : TextInput<InputOf<Query>, OutputOf<Query>> & Paging
    >)
  & ([Headers] extends [never] ? unknown
    : OptionalPart<"headers", TextInput<InputOf<Headers>, OutputOf<Headers>>>)
  & ([Cookies] extends [never] ? unknown
    : OptionalPart<"cookies", TextInput<InputOf<Cookies>, OutputOf<Cookies>>>)
  & ([Body] extends [never] ? unknown : { readonly body: InputOf<Body> })
  & ([Form] extends [never] ? unknown : { readonly form: InputOf<Form> });

/** The parts of a request, of the types of an endpoint. */
export type CallerParts<Inputs, Types> =
  & { readonly [Part in keyof Inputs & ("body" | "form" | "params")]: Inputs[Part] }
  & {
    readonly [
      Part in keyof Inputs & ("cookies" | "headers") as Record<never, never> extends Inputs[Part] ? never
        : Part
    ]: Inputs[Part];
  }
  & {
    readonly [
      Part in keyof Inputs & ("cookies" | "headers") as Record<never, never> extends Inputs[Part] ? Part
        : never
    ]?: Inputs[Part];
  }
  & QueryPart<Inputs extends { readonly query: infer Query } ? Query : unknown, PagingOf<Types>>;

/** The query with the parameters of a page. */
export type QueryPart<Query, Paging> = [Paging] extends [never]
  ? unknown extends Query ? unknown : OptionalPart<"query", Query>
  : OptionalPart<"query", Query & Paging>;

/** The parameters of a page, where an endpoint has pages. */
export type PagingOf<Types> = Types extends { readonly list: unknown } ? PageInput
  : Types extends { readonly cursorList: unknown } ? CursorInput
  : never;

/** A part that may be left out where nothing in it is required. */
export type OptionalPart<Name extends string, Part> = Record<never, never> extends Part
  ? { readonly [_ in Name]?: Part }
  : { readonly [_ in Name]: Part };

/** What is text on the wire is taken as its input, or as its output where the input may be anything. */
export type TextInput<In, Out> = {
  readonly [Key in keyof In]: unknown extends In[Key] ? Out[Key & keyof Out] : In[Key];
};
