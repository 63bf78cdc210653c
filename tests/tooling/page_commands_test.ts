/** The commands that the pages name, in blocks and in the text, are parsed by the program itself. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createProgram } from "../../cli/_program.ts";
import { root } from "../../scripts/_project.ts";

interface Named {
  readonly line: string;
  /** In a sentence arguments may be left out. */
  readonly isInText: boolean;
}

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...(await Array.fromAsync(Deno.readDir(`${root}/docs`), ({ name }) => `docs/${name}`))
    .filter((path) => path.endsWith(".md"))
    .sort(),
];

/** The commands of a page, without comments, each on a line of its own. */
function commandsOf(page: string): Named[] {
  const inBlocks = [...page.matchAll(/^```sh.*\n([\s\S]*?)^```$/gm)].flatMap(([, block]) =>
    block!.replace(/\\\n/g, " ").split("\n").flatMap((line) =>
      line.replace(/(^|\s)#.*$/, "").split(/&&|\||;|\$\(/)
    )
  );
  const text = page.replace(/^```[\s\S]*?^```$/gm, "");
  const inText = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);
  return [
    ...inBlocks.map((line) => ({ line: line.trim(), isInText: false })),
    ...inText.map((line) => ({ line: line.trim(), isInText: true })),
  ];
}

/** The arguments of `glam` in a command line, `undefined` where it is another command. */
function glamArguments(line: string): string[] | undefined {
  const found = /^(?:\w+=\S+ )*(?:until )?(?:deno task )?(?:glam|(migrate)) (.*)$/.exec(
    line.replace(/^deno run -A jsr:@glam\/shared\/cli\b/, "glam"),
  );
  if (found === null || /^(?:until )?migrate /.test(line)) return undefined;
  const [, migrate, rest] = found;
  const words = rest!.replace(/\s>.*$/, "").replace(/[)"]+$/, "").match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
  return [
    ...migrate === undefined ? [] : [migrate],
    ...words.map((word) => word.replace(/^['"]|['"]$/g, "")),
  ];
}

/** What is wrong with a command line: the code and message of commander. */
async function wrongWith(args: readonly string[]): Promise<string | undefined> {
  const program = createProgram({ action: () => () => Promise.resolve() }, {
    writeOut: () => {},
    writeErr: () => {},
  });
  return await program.parseAsync(args, { from: "user" }).then(
    () => undefined,
    (error) => error.exitCode === 0 ? undefined : `${error.code}: ${error.message}`,
  );
}

describe("a page", () => {
  for (const path of pages) {
    it(`names commands of glam that there are: ${path}`, async () => {
      const wrong: string[] = [];
      for (const { line, isInText } of commandsOf(await Deno.readTextFile(`${root}/${path}`))) {
        const args = glamArguments(line);
        if (args === undefined || isInText && /[<[]/.test(line)) continue;
        const problem = await wrongWith(args);
        if (problem === undefined || isInText && /missingArgument|commander\.help/.test(problem)) continue;
        wrong.push(`${line}: ${problem}`);
      }
      assert.deepEqual(wrong, []);
    });
  }

  it("names tasks that there are", async () => {
    const { tasks } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
    const known = [...Object.keys(tasks), "glam", "dev"]; // the last two of a service that glam new wrote
    for (const path of pages) {
      for (const { line } of commandsOf(await Deno.readTextFile(`${root}/${path}`))) {
        const task = /^deno task ([\w-]+)/.exec(line)?.[1];
        assert.ok(task === undefined || known.includes(task), `${path}: ${line}`);
      }
    }
  });

  it("is found out where it names an option that is none", async () => {
    assert.match(String(await wrongWith(glamArguments("glam dlq redrive --all --yes")!)), /unknownOption/);
    assert.match(String(await wrongWith(glamArguments("deno task glam dlq lst")!)), /lst/);
    assert.match(String(await wrongWith(glamArguments("deno task migrate upp")!)), /upp/);
    assert.equal(await wrongWith(glamArguments("glam dlq redrive --error-code 'A' --rate 50")!), undefined);
    assert.deepEqual(
      commandsOf('`glam a`\n```sh\nglam b \\\n  c # d\neval "$(glam e)"\n```\n').map(({ line }) =>
        glamArguments(line)
      ),
      [["b", "c"], undefined, ["e"], undefined, ["a"]],
    );
  });
});
