/**
 * What an application installs for an embedded Postgres. The socket asks for one version of PGlite and no other, so npm
 * refuses any two that were not made for each other, the newest of each among them.
 */
export const PGLITE_PACKAGES: readonly string[] = [
  "@electric-sql/pglite@0.5.14",
  "@electric-sql/pglite-socket@0.2.17",
];
