import type * as z from "zod";

/** A column as Postgres has it. */
export interface Column {
  /** Its name, which is also the key in rows. */
  readonly name: string;
  /** Its type as SQL writes it, such as `varchar(255)`. */
  readonly type: string;
  /** Whether it takes `null`. */
  readonly nullable: boolean;
  /** Its default as an SQL expression. */
  readonly default?: string | undefined;
  /** Whether the database numbers the rows itself, and whether a value of ours is refused. */
  readonly identity?: "always" | "by default" | undefined;
  /** Whether the default is a sequence that belongs to the column, as `serial` makes one. */
  readonly serial?: boolean | undefined;
}

/** A column of an index, or an expression. */
export interface IndexPart {
  /** The column. */
  readonly column?: string | undefined;
  /** The expression, in place of a column. */
  readonly expression?: string | undefined;
  /** The order in which the index holds it. */
  readonly direction: "asc" | "desc";
  /** Where the index holds nulls. */
  readonly nulls: "first" | "last";
}

/** An index. A unique of a table with soft delete is one too, since a constraint cannot be partial. */
export interface TableIndex {
  /** Its name. */
  readonly name: string;
  /** What it holds. */
  readonly parts: readonly IndexPart[];
  /** Whether two rows may not be the same in it. */
  readonly unique: boolean;
  /** The access method, such as `btree` or `gin`. */
  readonly using: string;
  /** Which rows it holds, as an SQL expression; all unless set. */
  readonly where?: string | undefined;
}

/** A primary key or a unique constraint. */
export interface UniqueConstraint {
  /** Its name. */
  readonly name: string;
  /** Its columns. */
  readonly columns: readonly string[];
}

/** What happens to a row when the one that it refers to goes away. */
export type ReferentialAction = "no action" | "restrict" | "cascade" | "set null" | "set default";

/** A foreign key. */
export interface ForeignKeyConstraint {
  /** Its name. */
  readonly name: string;
  /** The columns that refer. */
  readonly columns: readonly string[];
  /** What they refer to; without a schema, the one that the search path finds first. */
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
  /** What must not be false, as an SQL expression. */
  readonly expression: string;
}

/** What a table is made of, as plain data. */
export interface TableModel {
  /** The schema, where the name had one. */
  readonly schema: string | undefined;
  /** The name without the schema. */
  readonly name: string;
  /** Columns in their order, those of the mixins last. */
  readonly columns: readonly Column[];
  /** The primary key. */
  readonly primaryKey: UniqueConstraint;
  /** Indexes, without those that belong to a constraint. */
  readonly indexes: readonly TableIndex[];
  /** Unique constraints. */
  readonly uniques: readonly UniqueConstraint[];
  /** Foreign keys. */
  readonly foreignKeys: readonly ForeignKeyConstraint[];
  /** Check constraints. */
  readonly checks: readonly CheckConstraint[];
  /** Whether the server itself keeps tenants apart, by a policy on `app.merchant_id`. */
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

/** The types of a table: a row, what is written, and the key. */
export interface TableTypes {
  /** A row as stored. */
  readonly row: object;
  /** A row to be written; what has a default may be left out. */
  readonly insert: object;
  /** What can be changed of a row. */
  readonly patch: object;
  /** The primary key: its value, or an object where it has several columns. */
  readonly key: unknown;
}

/** A table, as `defineTable` makes it. */
export interface Table<T extends TableTypes = TableTypes> extends TableModel {
  /** The mixins it was defined with. */
  readonly mixins: TableMixins;
  /** The schema of each column, those of the mixins included; writes are validated by it. */
  readonly shape: Readonly<Record<string, z.ZodType>>;
  /** What the whole object has to satisfy besides, such as a `refine` on it. */
  readonly refinements: readonly z.core.$ZodCheck<never>[];
  /** For types only, always undefined: `typeof Items.$types`. */
  readonly $types?: T | undefined;
}

/** A row of a table as stored: `RowOf<typeof Items>`. */
export type RowOf<T extends Table> = NonNullable<T["$types"]>["row"];
/** What `save` of a table takes. */
export type InsertOf<T extends Table> = NonNullable<T["$types"]>["insert"];
/** What `update` of a table takes. */
export type PatchOf<T extends Table> = NonNullable<T["$types"]>["patch"];
/** The primary key of a table. */
export type KeyOf<T extends Table> = NonNullable<T["$types"]>["key"];
