import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connectDatabase, type Database, type DatabaseOptions } from "@glam/shared/db";
import { PATIENT, sharedPostgres } from "../../_support/postgres.ts";
import { waitFor } from "../../_support/wait_for.ts";

const role = `rotated_${crypto.randomUUID().slice(0, 8)}`;
let admin: Database;
let serverUrl: URL;

before(async () => {
  serverUrl = new URL(await sharedPostgres());
  admin = await connectDatabase({ ...PATIENT, url: serverUrl.href, poolSize: 1 });
  await admin.sql.unsafe(`create role ${role} login password 'one'`);
});
after(async () => {
  await admin.sql.unsafe(`drop role ${role}`);
  await admin.close();
});

async function become(password: string): Promise<void> {
  await admin.sql.unsafe(`alter role ${role} password '${password}'`);
  await admin.sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${role}`;
}

function urlOf(password: string): string {
  return Object.assign(new URL(serverUrl), { username: role, password }).href;
}

describe("a password that changes", () => {
  const ways: readonly (readonly [what: string, options: (now: () => string) => DatabaseOptions])[] = [
    ["as a secret", (now) => ({ url: urlOf("").replace(":@", "@"), password: { reveal: now } })],
    ["in a URL that is a secret", (now) => ({ url: { reveal: () => urlOf(now()) } })],
  ];
  for (const [what, options] of ways) {
    it(`${what} is asked for at each connection`, async () => {
      await become("one");
      let current = "one";
      await using db = await connectDatabase({ ...PATIENT, ...options(() => current), poolSize: 1 });
      const user = async () => (await db.sql<{ u: string }>`select current_user as u`)[0]!.u;
      assert.equal(await user(), role);
      current = "two";
      await become("two");
      await waitFor(() => user().then((name) => name === role, () => false), "it is the password of now");
    });
  }

  it("is the last one where its secret fails", async () => {
    await become("three");
    let fails = false;
    const reveal = () => {
      if (fails) throw new Error("the vault is away");
      return "three";
    };
    await using db = await connectDatabase({ ...PATIENT, url: urlOf(""), password: { reveal }, poolSize: 1 });
    fails = true;
    await become("three");
    await waitFor(() => db.ping().then(() => true, () => false), "it connects again");
  });

  it("that fails at first is refused at once", async () => {
    const reveal = () => {
      throw new Error("no vault");
    };
    await assert.rejects(connectDatabase({ url: urlOf(""), password: { reveal }, lazy: true }), /no vault/);
  });
});
