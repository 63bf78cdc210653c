import type * as z from "zod";
import type { IndexPart, ReferentialAction, Table } from "./table.ts";

/** The columns of a table: a Zod shape, as it is or inside `z.object`. */
export type ColumnShape = Readonly<Record<string, z.ZodType>>;

/** A column of an index, with its direction. */
export interface IndexColumn<Name extends string = string> {
  /** The column. */
  readonly column: Name;
  /**
   * The direction in which the index stores it. A list in mixed directions needs an index with the same ones.
   * @default "asc"
   */
  readonly direction?: IndexPart["direction"] | undefined;
  /**
   * Whether the index stores nulls first or last.
   * @default "last" when ascending, "first" when descending
   */
  readonly nulls?: IndexPart["nulls"] | undefined;
}

/** The definition of an index. */
export interface IndexDefinition<Name extends string = string> {
  /** One column or several; a part may be an SQL expression: `{ expression: "lower(name)" }`. */
  readonly columns:
    | Name
    | readonly (Name | IndexColumn<Name> | { readonly expression: string })[];
  /**
   * Its name, required if it starts with an expression.
   * @default by the convention, `ix_<table>_<first column>`
   */
  readonly name?: string | undefined;
  /**
   * Whether it is a unique index.
   * @default false
   */
  readonly unique?: boolean | undefined;
  /**
   * The access method.
   * @default "btree"
   */
  readonly using?: string | undefined;
  /** The condition of a partial index, as an SQL expression. */
  readonly where?: string | undefined;
}

/** The definition of a unique constraint. */
export interface UniqueDefinition<Name extends string = string> {
  /** Its columns. */
  readonly columns: readonly Name[];
  /**
   * Its name.
   * @default by the convention, `uq_<table>_<columns>`
   */
  readonly name?: string | undefined;
}

/** The definition of a foreign key. */
export interface ForeignKeyDefinition<Name extends string = string> {
  /** The referring column, or several. */
  readonly columns: Name | readonly Name[];
  /** The referenced table, or its name. */
  readonly references: string | Table;
  /**
   * The referenced columns.
   * @default the primary key of the table, or `id` if only its name is given
   */
  readonly referencedColumns?: string | readonly string[] | undefined;
  /**
   * What happens when the referenced row is deleted.
   * @default "no action"
   */
  readonly onDelete?: ReferentialAction | undefined;
  /**
   * What happens when the referenced key changes.
   * @default "no action"
   */
  readonly onUpdate?: ReferentialAction | undefined;
  /**
   * Its name.
   * @default by the convention, `fk_<table>_<first column>_<referenced table>`
   */
  readonly name?: string | undefined;
}

/** What `defineTable` takes. Mixins are spread into it. */
export interface TableDefinition {
  /** A Zod object whose keys are the names of the columns. */
  readonly columns: z.ZodObject | ColumnShape;
  /**
   * The column of the primary key, or several.
   * @default "id"
   */
  readonly primaryKey?: string | readonly string[] | undefined;
  /** Indexes besides those of the mixins. */
  readonly indexes?: readonly (string | readonly string[] | IndexDefinition)[] | undefined;
  /** Columns, or groups of columns, that are unique; with soft delete, among the rows that are not deleted. */
  readonly unique?: readonly (string | readonly string[] | UniqueDefinition)[] | undefined;
  /** The foreign keys. */
  readonly foreignKeys?: readonly ForeignKeyDefinition[] | undefined;
  /** SQL expressions that must not be false, by the last part of their names: `positive` is `ck_<table>_positive`. */
  readonly checks?: Readonly<Record<string, string>> | undefined;
  /** Defaults in the database, as SQL expressions such as `gen_random_uuid()`. Such columns are optional in inserts. */
  readonly defaults?: Readonly<Record<string, string>> | undefined;
  /**
   * Postgres types, such as `varchar(255)` or `bigserial`, where the schema implies none or the wrong one.
   * They may go on as SQL does: `integer generated always as identity`, or `integer generated always as (a * 2) stored`.
   */
  readonly columnTypes?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether row level security separates tenants, by a policy on the setting `app.merchant_id`; it needs
   * `merchantScoped`.
   * @default false
   */
  readonly rowLevelSecurity?: boolean | undefined;
  /** Set by the mixin of this name. */
  readonly timestamps?: true | undefined;
  /** Set by the mixin of this name. */
  readonly softDelete?: true | undefined;
  /** Set by the mixin of this name. */
  readonly merchantScoped?: true | undefined;
  /** Set by the mixin of this name. */
  readonly versioned?: true | undefined;
}

/** A definition whose column names all exist, without unknown options. */
export type CheckedDefinition<D extends TableDefinition, Name extends string = ColumnNameOf<D>> =
  & {
    readonly primaryKey?: Name | readonly Name[] | undefined;
    readonly indexes?: readonly (Name | readonly Name[] | IndexDefinition<Name>)[] | undefined;
    readonly unique?: readonly (Name | readonly Name[] | UniqueDefinition<Name>)[] | undefined;
    readonly foreignKeys?: readonly ForeignKeyDefinition<Name>[] | undefined;
    readonly defaults?: { readonly [K in keyof D["defaults"]]: K extends Name ? string : never } | undefined;
    readonly columnTypes?:
      | { readonly [K in keyof D["columnTypes"]]: K extends Name ? string : never }
      | undefined;
  }
  & { readonly [K in Exclude<keyof D, keyof TableDefinition>]: never };

/**
 * The types of the table of a definition. Rows, inserts and patches are written as types without a name, so that editors
 * and errors show their columns and not the definition.
 */
export interface TypesOfDefinition<D extends TableDefinition> {
  /** A row as stored. */
  readonly row: DefinedRow<D> extends infer T extends object ? { [K in keyof T]: T[K] } : never;
  /** A row to insert. */
  readonly insert: DefinedInsert<D> extends infer T extends object ? { [K in keyof T]: T[K] } : never;
  /** A patch for `update`. */
  readonly patch: DefinedPatch<D> extends infer T extends object ? { [K in keyof T]: T[K] } : never;
  /** The primary key. */
  readonly key: DefinedKey<D>;
  /** The shape of its `insertSchema`. */
  readonly insertShape: DefinedInsertShape<D> extends infer S extends ColumnShape ? S : never;
  /** The shape of its `patchSchema`. */
  readonly patchShape: DefinedPatchShape<D> extends infer S extends ColumnShape ? S : never;
  /** The shape of its `rowSchema`. */
  readonly rowShape: DefinedRowShape<D> extends infer S extends ColumnShape ? S : never;
}

/** The shape of a definition, unwrapped from `z.object`. */
export type DefinedShape<D extends TableDefinition> = D["columns"] extends z.ZodObject<infer Shape> ? Shape
  : D["columns"];

/** The columns that the mixins of a definition add to its rows. */
export type MixinColumns<D extends TableDefinition> =
  & (D extends { readonly timestamps: true } ? { readonly created_at: Date; readonly updated_at: Date }
    : unknown)
  & (D extends { readonly softDelete: true }
    ? { readonly deleted_at: Date | null; readonly is_deleted: boolean }
    : unknown)
  & (D extends { readonly merchantScoped: true }
    ? { readonly merchant_id: string; readonly merchant_domain: string }
    : unknown)
  & (D extends { readonly versioned: true } ? { readonly version: number } : unknown);

/** The names of the columns, those of the mixins included. */
export type ColumnNameOf<D extends TableDefinition> = Extract<
  keyof DefinedShape<D> | keyof MixinColumns<D>,
  string
>;

/** The names of the columns of the primary key. */
export type KeyNameOf<D extends TableDefinition> = D["primaryKey"] extends string ? D["primaryKey"]
  : D["primaryKey"] extends readonly string[] ? D["primaryKey"][number]
  : "id";

/** A stored row of a definition's table; a column that inserts may leave out is null where they did. */
export type DefinedRow<D extends TableDefinition> = {
  [K in ColumnNameOf<D>]: K extends keyof MixinColumns<D> ? MixinColumns<D>[K]
    : K extends keyof DefinedShape<D>
      ? z.output<DefinedShape<D>[K]> extends infer T ? undefined extends T ? Exclude<T, undefined> | null : T
      : never
    : never;
};

/** The names of the columns that only the database writes: generated ones and `generated always as identity`. */
export type GeneratedNameOf<D extends TableDefinition> = {
  [K in keyof D["columnTypes"]]: D["columnTypes"][K] extends string
    ? Lowercase<D["columnTypes"][K]> extends `${string}generated always as${string}` ? K : never
    : never;
}[keyof D["columnTypes"]];

/** The names of the columns that the database fills in where a row leaves them out. */
export type DefaultedNameOf<D extends TableDefinition> =
  | keyof D["defaults"]
  | {
    [K in keyof D["columnTypes"]]: D["columnTypes"][K] extends string
      ? Lowercase<D["columnTypes"][K]> extends `${string}serial` | `${string}generated${string}` ? K : never
      : never;
  }[keyof D["columnTypes"]];

/** A row to insert; columns that the database or the schema fills in are optional. */
export type DefinedInsert<D extends TableDefinition> =
  & {
    readonly [
      K in keyof DefinedShape<D> as K extends GeneratedNameOf<D> | DefaultedNameOf<D> ? never
        : undefined extends z.input<DefinedShape<D>[K]> ? never
        : K
    ]: z.input<DefinedShape<D>[K]>;
  }
  & {
    readonly [K in keyof DefinedShape<D> as K extends GeneratedNameOf<D> ? never : K]?:
      | z.input<DefinedShape<D>[K]>
      | (undefined extends z.input<DefinedShape<D>[K]> ? null : never)
      | undefined;
  }
  & {
    readonly [K in keyof MixinColumns<D> & ("merchant_id" | "merchant_domain")]?:
      | MixinColumns<D>[K]
      | undefined;
  };

/** A patch for `update`; for a versioned table it includes the version that was read. */
export type DefinedPatch<D extends TableDefinition> =
  & {
    readonly [K in keyof DefinedShape<D> as K extends KeyNameOf<D> | GeneratedNameOf<D> ? never : K]?:
      | z.input<DefinedShape<D>[K]>
      | (undefined extends z.input<DefinedShape<D>[K]> ? null : never)
      | undefined;
  }
  & (D extends { readonly merchantScoped: true } ? { readonly merchant_domain?: string | undefined }
    : unknown)
  & (D extends { readonly versioned: true } ? { readonly version: number } : unknown);

/** The shape of the `insertSchema` of a definition. */
export type DefinedInsertShape<D extends TableDefinition> = {
  readonly [K in Exclude<keyof DefinedShape<D>, GeneratedNameOf<D>>]: K extends DefaultedNameOf<D>
    ? OptionalSchema<NullableSchema<DefinedShape<D>[K], DefinedShape<D>[K]>>
    : NullableSchema<DefinedShape<D>[K], DefinedShape<D>[K]>;
};

/** The shape of the `patchSchema` of a definition. */
export type DefinedPatchShape<D extends TableDefinition> = {
  readonly [K in Exclude<keyof DefinedShape<D>, GeneratedNameOf<D> | KeyNameOf<D>>]: OptionalSchema<
    NullableSchema<DefinedShape<D>[K], UnwrappedSchema<DefinedShape<D>[K]>>
  >;
};

/** The shape of the `rowSchema` of a definition. */
export type DefinedRowShape<D extends TableDefinition> =
  & {
    readonly [K in keyof DefinedShape<D>]: NullableSchema<
      DefinedShape<D>[K],
      WireSchema<UnwrappedSchema<DefinedShape<D>[K]>>
    >;
  }
  & { readonly [K in keyof MixinColumns<D>]: z.ZodType<MixinColumns<D>[K], WireValue<MixinColumns<D>[K]>> };

/** A schema with codecs for Dates and bigints, which travel as text. */
export type WireSchema<S> = S extends z.ZodDate ? z.ZodType<Date, string>
  : S extends z.ZodBigInt ? z.ZodType<bigint, string>
  : S extends z.ZodArray<infer E> ? z.ZodArray<WireSchema<E> & z.core.SomeType>
  : S extends z.ZodNullable<infer I> ? z.ZodNullable<WireSchema<I> & z.core.SomeType>
  : S extends z.ZodOptional<infer I> ? z.ZodOptional<WireSchema<I> & z.core.SomeType>
  : S extends z.ZodObject<infer Shape>
    ? z.ZodObject<{ readonly [K in keyof Shape]: WireSchema<Shape[K]> & z.core.SomeType }>
  : S;

/** What a value travels as. */
export type WireValue<T> = T extends Date ? string : T;

/** An optional schema. */
export type OptionalSchema<S> = S extends z.core.SomeType ? z.ZodOptional<S> : never;

/** The schema `S`, nullable if the column of the schema `Field` takes null. */
export type NullableSchema<Field, S> = S extends z.core.SomeType
  ? undefined extends z.output<Field> ? z.ZodNullable<S>
  : null extends z.output<Field> ? z.ZodNullable<S>
  : S
  : never;

/** A schema without its wrappers that only say whether a value may be missing. */
export type UnwrappedSchema<S> = S extends z.ZodOptional<infer I> ? UnwrappedSchema<I>
  : S extends z.ZodNullable<infer I> ? UnwrappedSchema<I>
  : S extends z.ZodDefault<infer I> ? UnwrappedSchema<I>
  : S extends z.ZodPrefault<infer I> ? UnwrappedSchema<I>
  : S extends z.ZodCatch<infer I> ? UnwrappedSchema<I>
  : S extends z.ZodReadonly<infer I> ? UnwrappedSchema<I>
  : S extends z.ZodNonOptional<infer I> ? UnwrappedSchema<I>
  : S;

/** The primary key: its value, or an object if it has several columns. */
export type DefinedKey<D extends TableDefinition> = D["primaryKey"] extends
  readonly [string, string, ...string[]]
  ? { readonly [K in KeyNameOf<D> & keyof DefinedRow<D>]: DefinedRow<D>[K] }
  : DefinedRow<D>[KeyNameOf<D> & keyof DefinedRow<D>];
