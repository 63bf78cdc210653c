import type { Command, Option } from "commander";
import type { Run } from "../_session.ts";

/** A command, and the words that can follow it. */
interface Entry {
  /** Such as `glam migrate up`. */
  readonly path: string;
  readonly commands: readonly (readonly [name: string, description: string])[];
  readonly options: readonly Option[];
  /** The values of its first argument, where that is a choice. */
  readonly choices: readonly string[];
}

/** Prints the completion script of one shell. */
export function runCompletion(program: Command): Run {
  return async ({ terminal }, _, shell) => {
    const entries = walk(program, program.name());
    const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };
    await terminal.write(scripts[shell as keyof typeof scripts](program.name(), entries));
  };
}

function walk(command: Command, path: string): Entry[] {
  const commands = command.commands.map((each) => [each.name(), each.description()] as const);
  const choices = command.registeredArguments[0]?.argChoices ?? [];
  const options = command.createHelp().visibleOptions(command);
  return [
    { path, commands, options, choices },
    ...command.commands.flatMap((each) => walk(each, `${path} ${each.name()}`)),
  ];
}

/** Finds the command that the words before the cursor name, and completes its subcommands, options and files. */
function bashScript(name: string, entries: readonly Entry[]): string {
  const paths = entries.map(({ path }) => `"${path}"`).slice(1).join("|");
  const offers = entries.map(({ path, commands, options, choices }) =>
    `    "${path}") words="${
      [...commands.map(([each]) => each), ...choices, ...options.map(({ long }) => long)].join(" ")
    }" ;;`
  );
  return `_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="${name}" word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
      ${paths}) path="$path $word" ;;
    esac
  done
  case "$path" in
${offers.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _${name} ${name}
`;
}

/** As for bash, but `path` is a special variable of zsh. */
function zshScript(name: string, entries: readonly Entry[]): string {
  const paths = entries.map(({ path }) => `"${path}"`).slice(1).join("|");
  const offers = entries.map(({ path, commands, options, choices }) => {
    const words = [
      ...commands,
      ...choices.map((choice) => [choice, ""] as const),
      ...options.map((option) => [option.long!, option.description] as const),
    ];
    return `    "${path}") offers=(${words.map(([word, text]) => quote(`${word}:${text}`)).join(" ")}) ;;`;
  });
  return `#compdef ${name}
_${name}() {
  local at="${name}" word
  local -a offers
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
      ${paths}) at="$at $word" ;;
    esac
  done
  case "$at" in
${offers.join("\n")}
  esac
  _describe ${name} offers || _files
}
compdef _${name} ${name}
`;
}

function fishScript(name: string, entries: readonly Entry[]): string {
  const lines = entries.flatMap(({ path, commands, options, choices }) => {
    const condition = `-n ${quote(`__${name}_at ${path}`)}`;
    return [
      ...commands.map(([each, text]) => `complete -c ${name} -f ${condition} -a ${each} -d ${quote(text)}`),
      ...choices.map((choice) => `complete -c ${name} -f ${condition} -a ${choice}`),
      ...options.map(({ long, description, required, optional }) =>
        `complete -c ${name} ${condition} -l ${long!.slice(2)}${required || optional ? " -r" : ""} -d ${
          quote(description)
        }`
      ),
    ];
  });
  const paths = entries.map(({ path }) => quote(path)).join(" ");
  return `function __${name}_at
  set -l path ${name}
  for word in (commandline -opc)[2..-1]
    contains -- "$path $word" ${paths}; and set path "$path $word"
  end
  test "$path" = "$argv"
end
${lines.join("\n")}
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
