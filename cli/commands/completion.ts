import { Argument } from "commander";
import { examples } from "../_options.ts";
import type { Declare } from "../_session.ts";

/** `completion`. */
export const declareCompletion: Declare = (program, { action }) => {
  program.command("completion")
    .description("print the completion script of a shell")
    .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh", "fish"]))
    .action(action(async () => {
      const { runCompletion } = await import("./_completion.ts");
      return { run: runCompletion(program) };
    }))
    .addHelpText(
      "after",
      examples({
        'eval "$(glam completion bash)"': "in ~/.bashrc",
        'eval "$(glam completion zsh)"': "in ~/.zshrc, after compinit",
        "glam completion fish > ~/.config/fish/completions/glam.fish": "once",
      }),
    );
};
