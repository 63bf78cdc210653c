// A name is a list of words. In a key, its words can be joined: `api_key`, `apiKey`, `apikey`.
const WORD_NAMES = ["authorization", "bearer", "creds", "cvc", "cvv", "hotp", "nkey", "otp", "totp"];
/** Names that also match the end of a word, as in `accesstoken` and `dbpassword`. No common word ends in one. */
const SUFFIX_NAMES = [
  ...["api_key", "cookie", "credential", "encryption_key", "jwt", "pass_phrase", "passwd", "pass_word"],
  ...["private_key", "pwd", "secret", "secret_key", "signing_key", "token"],
];
/** Names that are common words as well: they match only the end of a key, and no number or boolean. */
const LAST_WORDS: ReadonlySet<string> = new Set(["pass", "pw"]);

/** Whether the values of a key are redacted. `secret-unless-count`: all but numbers and booleans. */
export type Secrecy = "public" | "secret" | "secret-unless-count";

/** The words that make a key secret: those of every logger, and further names. */
export function secretNames(further: readonly string[]): (key: string) => Secrecy {
  const words = [...WORD_NAMES, ...further].map(toPattern);
  const suffixes = SUFFIX_NAMES.map(toPattern);
  const pattern = new RegExp(`_(?:${words.join("|")}|\\p{L}*(?:${suffixes.join("|")}))(s?)(?=_)`, "gu");

  return (key) => {
    const plain = normalize(key);
    const words = wordsOf(plain);
    // `APIkey` and `passWord` have other words when their case is ignored.
    const matches = [words, plain.toLowerCase().match(LETTERS) ?? []]
      .flatMap((each) => [...`_${each.join("_")}_`.matchAll(pattern)]);
    if (matches.some((match) => match[1] === "")) return "secret";
    if (matches.length > 0) return "secret-unless-count"; // only plurals
    const isLast = LAST_WORDS.has(words.at(-1) ?? "") || (words.length === 1 && words[0] === "auth");
    return isLast ? "secret-unless-count" : "public";
  };
}

/** Whether a name has a letter. */
export function isSecretName(name: string): boolean {
  return wordsOf(normalize(name)).length > 0;
}

function toPattern(name: string): string {
  return wordsOf(normalize(name)).join("_?");
}

const LETTERS = /\p{L}+/gu;
const WORDS = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{Lo}+/gu;

/** The words of `dbPassword`, `DB_PASSWORD` or `x-db.password`, in lower case. */
function wordsOf(key: string): string[] {
  return (key.match(WORDS) ?? []).map((word) => word.toLowerCase());
}

/** `key` without accents, full-width forms and invisible characters. */
function normalize(key: string): string {
  return key.normalize("NFKD").replace(/[\p{Mn}\p{Cf}]/gu, "");
}
