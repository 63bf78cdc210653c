import assert from "node:assert/strict";
import { it } from "node:test";
import { type Linked, LinkedList } from "../../internal/linked_list.ts";

interface Item extends Linked<Item> {
  readonly name: string;
}

function listOf(...names: string[]): { readonly list: LinkedList<Item>; readonly items: readonly Item[] } {
  const list = new LinkedList<Item>();
  const items = names.map((name): Item => ({ name }));
  for (const item of items) list.add(item);
  return { list, items };
}

const namesIn = (list: LinkedList<Item>) => list.toArray().map(({ name }) => name);

it("keeps the order of coming, whoever leaves", () => {
  const leaving = [[0], [1], [2], [0, 1], [1, 2], [2, 0], [0, 1, 2], [2, 1, 0]];
  for (const indexes of leaving) {
    const { list, items } = listOf("a", "b", "c");
    for (const index of indexes) list.delete(items[index]!);
    const rest = ["a", "b", "c"].filter((_, index) => !indexes.includes(index));
    assert.deepEqual(namesIn(list), rest, `without ${indexes}`);
    assert.equal(list.size, rest.length);
    assert.equal(list.first?.name, rest[0]);
    list.add({ name: "d" });
    assert.deepEqual(namesIn(list), [...rest, "d"]);
  }
});

it("takes out who is in it only", () => {
  const { list, items } = listOf("a", "b");
  list.delete({ name: "stranger" });
  list.delete(items[0]!);
  list.delete(items[0]!);
  assert.deepEqual(namesIn(list), ["b"]);
  assert.equal(list.size, 1);
  list.delete(items[1]!);
  list.delete(items[1]!);
  assert.equal(list.size, 0);
  assert.equal(list.first, undefined);
});

it("holds nothing of who has left, so that one who may come again finds itself alone", () => {
  const { list, items } = listOf("a", "b", "c");
  for (const item of items) list.delete(item);
  for (const { previous, next } of items) assert.deepEqual([previous, next], [undefined, undefined]);
  list.add(items[1]!);
  assert.deepEqual(namesIn(list), ["b"]);
});

it("lets young garbage go where a set would keep it until the whole heap is collected", async () => {
  const megabytes = async (collection: string) => {
    const script = `
      import { memoryUsage } from "node:process";
      import { LinkedList } from "${import.meta.resolve("../../internal/linked_list.ts")}";
      const items = ${collection};
      const present = [];
      let most = 0;
      for (let i = 0; i < 60_000; i++) {
        if (i === 10_000) gc(); // the present ones are old from here on
        const item = { previous: undefined, next: undefined, load: new Array(100).fill(i) };
        items.add(item);
        present.push(item);
        if (present.length > 16) items.delete(present.shift());
        if (i > 10_000 && i % 1000 === 0) most = Math.max(most, memoryUsage().heapUsed);
      }
      console.log(most / 1e6);
    `;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--v8-flags=--expose-gc,--semi-space-growth-factor=1", "--ext=js", script],
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    return Number(new TextDecoder().decode(stdout));
  };
  const [list, set] = [await megabytes("new LinkedList()"), await megabytes("new Set()")];
  assert.ok(list < 20, `${list} MB in use with a list, ${set} MB with a set`);
  assert.ok(
    list < set / 1.5,
    `${list} MB in use with a list, ${set} MB with a set: is the list still needed?`,
  );
});
