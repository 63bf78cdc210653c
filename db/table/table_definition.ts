import type * as z from "zod";
import type { IndexPart, ReferentialAction, Table } from "./table.ts";

/** The columns of a table: a Zod shape, as it is or inside `z.object`. */
export type ColumnShape = Readonly<Record<string, z.ZodType>>;

/** A column of an index with its order. */
export interface IndexColumn<Name extends string = string> {
  /** The column. */
  readonly column: Name;
  /**
   * The order in which the index holds it; a mixed order of a list needs an index with the same one.
   * @default "asc"
   */
  readonly direction?: IndexPart["direction"] | undefined;
  /**
   * Where the index holds nulls.
   * @default "last" when ascending, "first" when descending
   */
  readonly nulls?: IndexPart["nulls"] | undefined;
}

/** An index as it is defined. */
export interface IndexDefinition<Name extends string = string> {
  /** One column or several, or expressions: `{ expression: "lower(name)" }`. */
  readonly columns:
    | Name
    | readonly (Name | IndexColumn<Name> | { readonly expression: string })[];
  /**
   * Its name; needed when it starts with an expression.
   * @default by the convention, `ix_<table>_<first column>`
   */
  readonly name?: string | undefined;
  /**
   * Whether two rows may not be the same in it.
   * @default false
   */
  readonly unique?: boolean | undefined;
  /**
   * The access method.
   * @default "btree"
   */
  readonly using?: string | undefined;
  /** Which rows it holds, as an SQL expression; all unless set. */
  readonly where?: string | undefined;
}

/** A unique constraint as it is defined. */
export interface UniqueDefinition<Name extends string = string> {
  /** Its columns. */
  readonly columns: readonly Name[];
  /**
   * Its name.
   * @default by the convention, `uq_<table>_<first column>`
   */
  readonly name?: string | undefined;
}

/** A foreign key as it is defined. */
export interface ForeignKeyDefinition<Name extends string = string> {
  /** One column, or several. */
  readonly columns: Name | readonly Name[];
  /** The table that they refer to, or its name. */
  readonly references: string | Table;
  /**
   * The columns that they refer to.
   * @default the primary key of the table, or `id` where only its name is given
   */
  readonly referencedColumns?: string | readonly string[] | undefined;
  /**
   * What happens when the row referred to is deleted.
   * @default "no action"
   */
  readonly onDelete?: ReferentialAction | undefined;
  /**
   * What happens when its key changes.
   * @default "no action"
   */
  readonly onUpdate?: ReferentialAction | undefined;
  /**
   * Its name.
   * @default by the convention, `fk_<table>_<first column>_<table referred to>`
   */
  readonly name?: string | undefined;
}

/** What `defineTable` takes; the mixins are spread into it. */
export interface TableDefinition {
  /** A Zod object whose keys are the names of the columns. */
  readonly columns: z.ZodObject | ColumnShape;
  /**
   * One column, or several.
   * @default "id"
   */
  readonly primaryKey?: string | readonly string[] | undefined;
  /** Indexes besides those of the mixins. */
  readonly indexes?: readonly (string | readonly string[] | IndexDefinition)[] | undefined;
  /** Columns, or groups of columns, that no two rows share; with soft delete no two live rows. */
  readonly unique?: readonly (string | readonly string[] | UniqueDefinition)[] | undefined;
  /** Foreign keys. */
  readonly foreignKeys?: readonly ForeignKeyDefinition[] | undefined;
  /** SQL expressions that must not be false, by the end of their names: `positive` is `ck_<table>_positive`. */
  readonly checks?: Readonly<Record<string, string>> | undefined;
  /** Defaults of the database as SQL expressions, such as `gen_random_uuid()`; such a column may be left out. */
  readonly defaults?: Readonly<Record<string, string>> | undefined;
  /** Postgres types where the schema does not say one, or not the right one, such as `varchar(255)` or `bigserial`. */
  readonly columnTypes?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether the server itself keeps tenants apart, by a policy on `app.merchant_id`; for a table with `merchantScoped`.
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

/** A definition whose every name of a column is one, and which has no option that nobody knows. */
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

/** The types of the table that a definition makes. */
export interface TypesOfDefinition<D extends TableDefinition> {
  /** A row as stored. */
  readonly row: DefinedRow<D>;
  /** A row to be written. */
  readonly insert: DefinedInsert<D>;
  /** What can be changed of a row. */
  readonly patch: DefinedPatch<D>;
  /** The primary key. */
  readonly key: DefinedKey<D>;
}

/** The shape of a definition, without the object around it. */
export type DefinedShape<D extends TableDefinition> = D["columns"] extends z.ZodObject<infer Shape> ? Shape
  : D["columns"];

/** What the mixins of a definition add to its rows. */
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

/** A row of the table that a definition makes; a value that may be missing when written is null when read. */
export type DefinedRow<D extends TableDefinition> = {
  [K in ColumnNameOf<D>]: K extends keyof MixinColumns<D> ? MixinColumns<D>[K]
    : K extends keyof DefinedShape<D>
      ? z.output<DefinedShape<D>[K]> extends infer T ? undefined extends T ? Exclude<T, undefined> | null : T
      : never
    : never;
};

/** What can be written to it; what the database or the schema fills in may be left out. */
export type DefinedInsert<D extends TableDefinition> =
  & {
    readonly [
      K in keyof DefinedShape<D> as K extends keyof D["defaults"] ? never
        : K extends keyof D["columnTypes"]
          ? D["columnTypes"][K] extends `${string}serial` | `${string}generated${string}` ? never
          : undefined extends z.input<DefinedShape<D>[K]> ? never
          : K
        : undefined extends z.input<DefinedShape<D>[K]> ? never
        : K
    ]: z.input<DefinedShape<D>[K]>;
  }
  & {
    readonly [K in keyof DefinedShape<D>]?:
      | z.input<DefinedShape<D>[K]>
      | (undefined extends z.input<DefinedShape<D>[K]> ? null : never)
      | undefined;
  }
  & { readonly [K in keyof MixinColumns<D>]?: MixinColumns<D>[K] | undefined };

/** What can be changed of its rows; of a versioned table together with the version that was read. */
export type DefinedPatch<D extends TableDefinition> =
  & {
    readonly [K in keyof DefinedShape<D> as K extends KeyNameOf<D> ? never : K]?:
      | z.input<DefinedShape<D>[K]>
      | (undefined extends z.input<DefinedShape<D>[K]> ? null : never)
      | undefined;
  }
  & (D extends { readonly merchantScoped: true } ? { readonly merchant_domain?: string | undefined }
    : unknown)
  & (D extends { readonly versioned: true } ? { readonly version: number } : unknown);

/** Its primary key: the value, or an object where it has several columns. */
export type DefinedKey<D extends TableDefinition> = D["primaryKey"] extends
  readonly [string, string, ...string[]]
  ? { readonly [K in KeyNameOf<D> & keyof DefinedRow<D>]: DefinedRow<D>[K] }
  : DefinedRow<D>[KeyNameOf<D> & keyof DefinedRow<D>];
