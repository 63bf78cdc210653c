import { quoteText } from "../table/_identifier.ts";

/** A table of the catalog, as Postgres prints it. */
export interface CatalogTable {
  readonly schema: string;
  readonly name: string;
  /** Its name in the database, if it was renamed by hand. */
  readonly renamedFrom?: string;
  readonly columns: readonly CatalogColumn[];
  readonly constraints: readonly CatalogConstraint[];
  readonly indexes: readonly CatalogIndex[];
  readonly policies: readonly CatalogPolicy[];
  /** Whether row level security is enabled, and forced for the owner too. */
  readonly rowSecurity: boolean;
  readonly forceRowSecurity: boolean;
}

/** A column. */
export interface CatalogColumn {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  /** `a` always, `d` by default. */
  readonly identity: "" | "a" | "d";
  readonly generated: boolean;
  /** Whether the default is a sequence that the column owns. */
  readonly serial: boolean;
  readonly default: string | null;
}

/** A constraint; `kind` is `p` primary key, `u` unique, `c` check, `f` foreign key, `x` exclusion. */
export interface CatalogConstraint {
  readonly name: string;
  readonly kind: string;
  readonly definition: string;
}

/** An index that belongs to no constraint. */
export interface CatalogIndex {
  readonly name: string;
  readonly unique: boolean;
  /** Whether it can be used: not after building it concurrently has failed. */
  readonly valid: boolean;
  /** The part of `CREATE INDEX` after the table, from `USING` on. */
  readonly definition: string;
}

/** A policy of row level security. */
export interface CatalogPolicy {
  readonly name: string;
  readonly definition: string;
}

/** Runs a query and returns its rows. */
export type Reader = <T extends object>(text: string) => Promise<T[]>;

type Of<T> = T & { readonly table: string };

/** Reads the tables of a schema, except for tables of extensions and partitions. */
export async function readCatalog(read: Reader, schema: string): Promise<CatalogTable[]> {
  const from = `from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace`;
  const where = `where n.nspname = ${quoteText(schema)} and c.relkind in ('r', 'p') and not c.relispartition
    and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_catalog.pg_class'::regclass
      and e.objid = c.oid and e.deptype = 'e')`;
  const tables = await read<{ table: string; rowSecurity: boolean; forceRowSecurity: boolean }>(`
    select c.relname as table, c.relrowsecurity as "rowSecurity", c.relforcerowsecurity as "forceRowSecurity"
    ${from} ${where} order by 1`);
  const columns = await read<Of<CatalogColumn>>(`
    select c.relname as table, a.attname as name, a.attnotnull as "notNull", a.attidentity as identity,
      a.attgenerated <> '' as generated, pg_get_expr(d.adbin, d.adrelid) as default,
      format_type(a.atttypid, a.atttypmod) || coalesce(' COLLATE ' || quote_ident(o.collname), '') as type,
      exists (select from pg_catalog.pg_depend s
        join pg_catalog.pg_class q on q.oid = s.objid and q.relkind = 'S'
        where s.refclassid = 'pg_catalog.pg_class'::regclass and s.refobjid = c.oid
        and s.refobjsubid = a.attnum and s.classid = 'pg_catalog.pg_class'::regclass
        and s.deptype = 'a' and d.oid is not null) as serial
    ${from} join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type t on t.oid = a.atttypid
    left join pg_catalog.pg_collation o on o.oid = a.attcollation and a.attcollation <> t.typcollation
    left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    ${where} order by a.attnum`);
  const constraints = await read<Of<CatalogConstraint>>(`
    select c.relname as table, k.conname as name, k.contype as kind, pg_get_constraintdef(k.oid) as definition
    ${from} join pg_catalog.pg_constraint k on k.conrelid = c.oid and k.contype in ('p', 'u', 'c', 'f', 'x')
    ${where} order by position(k.contype::text in 'puxcf'), k.conname`);
  const indexes = await read<Of<CatalogIndex>>(`
    select c.relname as table, x.relname as name, i.indisunique as unique, pg_get_indexdef(x.oid) as definition,
      i.indisvalid or ${isBeingBuilt("i.indrelid")} as valid
    ${from} join pg_catalog.pg_index i on i.indrelid = c.oid join pg_catalog.pg_class x on x.oid = i.indexrelid
    ${where} and not exists (select from pg_catalog.pg_constraint k where k.conindid = x.oid and k.contype in ('p', 'u', 'x'))
    order by x.relname`);
  const policies = await read<Of<CatalogPolicy>>(`
    select c.relname as table, p.polname as name, concat('USING (' || pg_get_expr(p.polqual, c.oid) || ')',
      ' WITH CHECK (' || pg_get_expr(p.polwithcheck, c.oid) || ')') as definition
    ${from} join pg_catalog.pg_policy p on p.polrelid = c.oid ${where} order by 2`);
  return tables.map(({ table, ...flags }) => {
    const own = <T extends object>(rows: readonly Of<T>[]) => rows.filter((row) => row.table === table);
    return {
      schema,
      name: table,
      ...flags,
      columns: own(columns).map((column) => column.serial ? { ...column, default: null } : column),
      constraints: own(constraints),
      indexes: own(indexes).map((index) => ({ ...index, definition: afterTable(index.definition) })),
      policies: own(policies),
    };
  });
}

/** A condition: another session holds the lock on the table with which an index is built concurrently. */
export function isBeingBuilt(table: string): string {
  return `exists (select from pg_catalog.pg_locks l where l.locktype = 'relation' and l.relation = ${table}
    and l.mode = 'ShareUpdateExclusiveLock' and l.granted and l.pid <> pg_backend_pid()
    and l.database = (select oid from pg_catalog.pg_database where datname = current_database()))`;
}

/** The part from `USING` on: before it Postgres prints the table with its schema, also if it is in the search path. */
function afterTable(definition: string): string {
  return definition.slice(definition.indexOf(" USING ") + 1);
}
