import type { Scaffold, ScaffoldFiles } from "./scaffold.ts";
import { toJson } from "./to_json.ts";

/** What editors read. */
export function editorFiles({ runtime }: Scaffold): ScaffoldFiles {
  const extension = runtime === "deno" ? "denoland.vscode-deno" : "biomejs.biome";
  return {
    ".editorconfig": `root = true

[*]
charset = utf-8
end_of_line = lf
insert_final_newline = true
trim_trailing_whitespace = true
indent_style = space
indent_size = 2
`,
    ".vscode/extensions.json": toJson({ recommendations: [extension] }),
    ".vscode/settings.json": toJson({
      ...runtime === "deno" ? { "deno.enable": true } : {},
      "editor.formatOnSave": true,
      "[typescript]": { "editor.defaultFormatter": extension },
    }),
  };
}
