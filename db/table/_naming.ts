import { byteLength, MAX_IDENTIFIER_BYTES } from "./_identifier.ts";

// The naming convention of the Python services, which use the same tables; but the name of a unique has all of its columns,
// since clients see it in a 409. The name of an index has only its first column; the name of a second one that starts with
// the same column has all of them.

/** Gives the default names of indexes, uniques, checks, foreign keys and the primary key of a table. */
export class Naming {
  readonly #table: string;
  readonly #taken = new Set<string>();

  constructor(table: string) {
    this.#table = table;
  }

  index(columns: readonly string[], given?: string): string {
    const prefix = `ix_${this.#table}`;
    return this.#take(given, [`${prefix}_${columns[0] ?? ""}`, `${prefix}_${columns.join("_")}`]);
  }

  unique(columns: readonly string[], given?: string): string {
    return this.#take(given, [`uq_${this.#table}_${columns.join("_")}`]);
  }

  foreignKey(columns: readonly string[], referred: string, given?: string): string {
    const [first = "", ...rest] = columns;
    const long = [first, ...rest].join("_");
    return this.#take(given, [
      `fk_${this.#table}_${first}_${referred}`,
      `fk_${this.#table}_${long}_${referred}`,
    ]);
  }

  check(name: string): string {
    return this.#take(undefined, [`ck_${this.#table}_${name}`]);
  }

  primaryKey(): string {
    return this.#take(undefined, [`pk_${this.#table}`]);
  }

  #take(given: string | undefined, candidates: readonly string[]): string {
    const names = given === undefined ? candidates.map(shorten) : [given];
    const free = names.find((name) => !this.#taken.has(name));
    if (free === undefined) {
      throw new TypeError(
        `Cannot define table "${this.#table}": two of its indexes or constraints are called "${
          names[0]
        }"; give one a \`name\``,
      );
    }
    this.#taken.add(free);
    return free;
  }
}

interface Crypto {
  createHash(algorithm: "md5"): { update(text: string): { digest(encoding: "hex"): string } };
}

/** Shortens a name that is too long exactly as SQLAlchemy does: cut, with the end of its MD5. */
export function shorten(name: string): string {
  if (byteLength(name) <= MAX_IDENTIFIER_BYTES) return name;
  let head = name.slice(0, MAX_IDENTIFIER_BYTES - 8);
  while (byteLength(head) > MAX_IDENTIFIER_BYTES - 8) head = head.slice(0, -1);
  return `${head}_${md5(name).slice(-4)}`;
}

function md5(text: string): string {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): Crypto | undefined } };
  const crypto = process?.getBuiltinModule?.("node:crypto");
  if (crypto === undefined) {
    throw new TypeError(
      `Cannot shorten the name "${text}": this runtime has no node:crypto; give a \`name\``,
    );
  }
  return crypto.createHash("md5").update(text).digest("hex");
}
