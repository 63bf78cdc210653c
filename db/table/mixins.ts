/**
 * Adds `created_at` and `updated_at`, which the repository sets by the clock of the database.
 *
 * Both are `timestamptz not null default now()`; `created_at` has an index.
 */
export const timestamps: { readonly timestamps: true } = { timestamps: true };

/**
 * Adds `deleted_at` and `is_deleted`: a deleted row stays in the table, and reads hide it unless an option asks for it.
 *
 * `is_deleted` says whether a row is deleted, and has an index. The repository writes it with every row, since tables of
 * the Python services have no default for it. The uniques of such a table apply only to rows that are not deleted.
 */
export const softDelete: { readonly softDelete: true } = { softDelete: true };

/**
 * Adds `merchant_id` and `merchant_domain`: every row belongs to a tenant, and a repository sees the rows of one tenant
 * only. Each column has an index, and both together have one.
 */
export const merchantScoped: { readonly merchantScoped: true } = { merchantScoped: true };

/** Adds `version`, an integer from 1 that grows with every write and detects lost updates. */
export const versioned: { readonly versioned: true } = { versioned: true };
