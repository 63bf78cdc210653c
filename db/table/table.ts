import type * as z from "zod";

/** A column in Postgres. */
export interface Column {
  /** Its name, which is also its key in rows. */
  readonly name: string;
  /** Its type in SQL, such as `varchar(255)`. */
  readonly type: string;
  /** Whether it takes `null`. */
  readonly nullable: boolean;
  /** Its default as an SQL expression. */
  readonly default?: string | undefined;
  /** Set for an identity column; the database refuses a given value if it is `always`. */
  readonly identity?: "always" | "by default" | undefined;
  /** The expression of a generated column and how it is kept, `(price * 2) STORED`; the database refuses a given value. */
  readonly generated?: string | undefined;
  /** Whether its default is a sequence that it owns, as with `serial`. */
  readonly serial?: boolean | undefined;
}

/** One part of an index: a column or an expression. */
export interface IndexPart {
  /** The column. */
  readonly column?: string | undefined;
  /** The SQL expression, instead of a column. */
  readonly expression?: string | undefined;
  /** The direction in which the index stores it. */
  readonly direction: "asc" | "desc";
  /** Whether the index stores nulls first or last. */
  readonly nulls: "first" | "last";
}

/** An index. A unique of a table with soft delete is an index as well, since a constraint cannot be partial. */
export interface TableIndex {
  /** Its name. */
  readonly name: string;
  /** Its columns and expressions. */
  readonly parts: readonly IndexPart[];
  /** Whether it is a unique index. */
  readonly unique: boolean;
  /** The access method, such as `btree` or `gin`. */
  readonly using: string;
  /** The condition of a partial index, as an SQL expression. */
  readonly where?: string | undefined;
}

/** A primary key or a unique constraint. */
export interface UniqueConstraint {
  /** Its name. */
  readonly name: string;
  /** Its columns. */
  readonly columns: readonly string[];
}

/** What happens to a row when the row that it refers to is deleted, or its key changes. */
export type ReferentialAction = "no action" | "restrict" | "cascade" | "set null" | "set default";

/** A foreign key. */
export interface ForeignKeyConstraint {
  /** Its name. */
  readonly name: string;
  /** The referring columns. */
  readonly columns: readonly string[];
  /** The referenced columns; a table without a schema is looked up in the search path. */
  readonly references: {
    readonly schema?: string | undefined;
    readonly table: string;
    readonly columns: readonly string[];
  };
  /** What happens when that row is deleted. */
  readonly onDelete: ReferentialAction;
  /** What happens when its key changes. */
  readonly onUpdate: ReferentialAction;
}

/** A check constraint. */
export interface CheckConstraint {
  /** Its name. */
  readonly name: string;
  /** The SQL expression that must not be false. */
  readonly expression: string;
}

/** The definition of a table in SQL, as plain data. */
export interface TableModel {
  /** The schema, if the name had one. */
  readonly schema: string | undefined;
  /** The name without the schema. */
  readonly name: string;
  /** The columns in order, those of the mixins last. */
  readonly columns: readonly Column[];
  /** The primary key. */
  readonly primaryKey: UniqueConstraint;
  /** The indexes, without those of constraints. */
  readonly indexes: readonly TableIndex[];
  /** The unique constraints. */
  readonly uniques: readonly UniqueConstraint[];
  /** The foreign keys. */
  readonly foreignKeys: readonly ForeignKeyConstraint[];
  /** The check constraints. */
  readonly checks: readonly CheckConstraint[];
  /** Whether row level security separates tenants, by a policy on the setting `app.merchant_id`. */
  readonly rowLevelSecurity: boolean;
}

/** The mixins of a table. */
export interface TableMixins {
  /** Whether it has `created_at` and `updated_at`. */
  readonly timestamps: boolean;
  /** Whether it has `deleted_at` and `is_deleted`. */
  readonly softDelete: boolean;
  /** Whether it has `merchant_id` and `merchant_domain`. */
  readonly merchantScoped: boolean;
  /** Whether it has `version`. */
  readonly versioned: boolean;
}

/** The types of a table: its rows, inserts, patches and key. */
export interface TableTypes {
  /** A row as stored. */
  readonly row: object;
  /** A row to insert; columns with a default are optional. */
  readonly insert: object;
  /** A patch for `update`: the columns that can be changed. */
  readonly patch: object;
  /** The primary key: its value, or an object where it has several columns. */
  readonly key: unknown;
  /** The shape of {@link Table.insertSchema}; what is written by hand may leave it out. */
  readonly insertShape?: SchemaShape;
  /** The shape of {@link Table.patchSchema}; what is written by hand may leave it out. */
  readonly patchShape?: SchemaShape;
  /** The shape of {@link Table.rowSchema}; what is written by hand may leave it out. */
  readonly rowShape?: SchemaShape;
}

/** The shape of an object schema. */
export type SchemaShape = Readonly<Record<string, z.ZodType>>;

/** One of the shapes of a table; any, where the types do not name it. */
export type ShapeOf<T extends TableTypes, Name extends "insertShape" | "patchShape" | "rowShape"> = T extends
  { readonly [_ in Name]: infer Shape extends SchemaShape } ? Shape : SchemaShape;

/** A table, made by `defineTable`. */
export interface Table<T extends TableTypes = TableTypes> extends TableModel {
  /** The mixins of its definition. */
  readonly mixins: TableMixins;
  /** The schema of each column, those of the mixins included; writes are validated by it. */
  readonly shape: Readonly<Record<string, z.ZodType>>;
  /**
   * The schema of a row that a client may send: the columns of the definition without those of mixins and those that
   * only the database writes, and no others. A column with a default is optional.
   */
  readonly insertSchema: z.ZodObject<ShapeOf<T, "insertShape">, z.core.$strict>;
  /**
   * The schema of a patch that a client may send: the columns of {@link Table.insertSchema} but the primary key, each
   * optional and without a default.
   */
  readonly patchSchema: z.ZodObject<ShapeOf<T, "patchShape">, z.core.$strict>;
  /**
   * The schema of a row as stored, columns of mixins included, for answers of endpoints: Dates and bigints travel as text,
   * also within JSON columns.
   */
  readonly rowSchema: z.ZodObject<ShapeOf<T, "rowShape">>;
  /** The checks of the whole object, such as a `refine`; they apply to inserts. */
  readonly refinements: readonly z.core.$ZodCheck<never>[];
  /** For types only, always undefined: `typeof Items.$types`. */
  readonly $types?: T | undefined;
}

/** A row of a table as stored: `RowOf<typeof Items>`. */
export type RowOf<T extends Table> = NonNullable<T["$types"]>["row"];
/** What `save` of a table takes: without the columns of mixins that the repository manages. */
export type InsertOf<T extends Table> = NonNullable<T["$types"]>["insert"];
/** The columns of mixins that a repository manages. */
export type ManagedColumn = "created_at" | "updated_at" | "deleted_at" | "is_deleted" | "version";
/** What `save` of a table takes with `{ managed: true }`: the columns that the repository manages as well. */
export type ImportOf<T extends Table> =
  & InsertOf<T>
  & { readonly [K in ManagedColumn & keyof RowOf<T>]?: RowOf<T>[K] | undefined };
/** What `update` of a table takes. */
export type PatchOf<T extends Table> = NonNullable<T["$types"]>["patch"];
/** The primary key of a table. */
export type KeyOf<T extends Table> = NonNullable<T["$types"]>["key"];
