/**
 * `created_at` and `updated_at`, kept by the repository from the clock of the database.
 *
 * Both are `timestamptz not null default now()`; `created_at` has an index.
 */
export const timestamps: { readonly timestamps: true } = { timestamps: true };

/**
 * `deleted_at` and `is_deleted`: a deleted row stays, and is out of sight unless asked for.
 *
 * `is_deleted` decides, has an index, and is written with every row, since tables of the Python services have no
 * default for it. The uniques of such a table hold among the rows that are not deleted.
 */
export const softDelete: { readonly softDelete: true } = { softDelete: true };

/**
 * `merchant_id` and `merchant_domain`: every row belongs to a tenant, and no method of a repository reaches another
 * one's. Both have an index, and so have the two together.
 */
export const merchantScoped: { readonly merchantScoped: true } = { merchantScoped: true };

/** `version`, an integer from 1 that grows with every write, by which a lost update is noticed. */
export const versioned: { readonly versioned: true } = { versioned: true };
