/**
 * Makes what `nsc` makes: an operator, an account and a user, as JWTs signed by NKeys.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { nkeys } from "@nats-io/nats-core";

type KeyPair = ReturnType<typeof nkeys.createUser>;

/** An operator with one account. */
export interface Operator {
  /** For the server's configuration file. */
  readonly config: string;
  readonly account: KeyPair;
}

/** An operator, and a configuration that trusts it. */
export function operatorConfig(): Operator {
  const [operator, system, account] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createAccount()];
  const systemJwt = sign(operator, system, "SYS", {
    type: "account",
    version: 2,
    limits: { conn: -1, subs: -1 },
  });
  const operatorJwt = sign(operator, operator, "operator", { type: "operator", version: 2 });
  const unlimited = -1;
  const accountJwt = sign(operator, account, "account", {
    type: "account",
    version: 2,
    limits: {
      ...{ subs: unlimited, data: unlimited, payload: unlimited, imports: unlimited, exports: unlimited },
      ...{ conn: unlimited, leaf: unlimited, wildcards: true },
      ...{ mem_storage: unlimited, disk_storage: unlimited, streams: unlimited, consumer: unlimited },
    },
  });
  const config = `operator: ${operatorJwt}
resolver: MEMORY
system_account: ${system.getPublicKey()}
resolver_preload: {
  ${account.getPublicKey()}: ${accountJwt}
  ${system.getPublicKey()}: ${systemJwt}
}`;
  return { config, account };
}

/** A user of the account, as a `.creds` file; the server ends its connection after `seconds`, where they are given. */
export function credsOf({ account }: Operator, seconds?: number): string {
  const user = nkeys.createUser();
  const jwt = sign(account, user, "user", {
    type: "user",
    version: 2,
    ...{ subs: -1, data: -1, payload: -1, pub: {}, sub: {} },
  }, seconds);
  const seed = new TextDecoder().decode(user.getSeed());
  return `-----BEGIN NATS USER JWT-----
${jwt}
------END NATS USER JWT------

-----BEGIN USER NKEY SEED-----
${seed}
------END USER NKEY SEED------
`;
}

/** https://docs.nats.io/running-a-nats-service/nats_admin/security/jwt */
function sign(issuer: KeyPair, subject: KeyPair, name: string, nats: object, seconds?: number): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    ...seconds !== undefined && { exp: now + seconds },
    iat: now,
    iss: issuer.getPublicKey(),
    name,
    sub: subject.getPublicKey(),
    nats,
  };
  const jti = base32(createHash("sha512-256").update(JSON.stringify(claims)).digest());
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${encode({ typ: "JWT", alg: "ed25519-nkey" })}.${encode({ jti, ...claims })}`;
  return `${signed}.${Buffer.from(issuer.sign(new TextEncoder().encode(signed))).toString("base64url")}`;
}

function base32(bytes: Uint8Array): string {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return (bits.match(/.{1,5}/g) ?? []).map((five) => alphabet[parseInt(five.padEnd(5, "0"), 2)]).join("");
}
