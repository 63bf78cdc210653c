import { escapeHtml } from "../internal/escape_html.ts";
import type { TryResource } from "./_docs_resource.ts";

/** Swagger UI of the optional peer `swagger-ui-dist`. */
export interface SwaggerUi {
  /** A file of its page. */
  read(
    resource: TryResource,
    title: string,
  ): Promise<{ readonly content: string | Uint8Array<ArrayBuffer>; readonly contentType: string }>;
}

// Not a literal, so that neither bundlers nor Deno take the 10 MB of the package for a dependency.
const PACKAGE = "swagger-ui-dist";

let found: Promise<SwaggerUi | undefined> | undefined;

/** Swagger UI, where the application has installed `swagger-ui-dist` and there is a disk. */
export function swaggerUi(): Promise<SwaggerUi | undefined> {
  return found ??= findSwaggerUi();
}

async function findSwaggerUi(): Promise<SwaggerUi | undefined> {
  let folder: string;
  let readFile: (path: string) => Promise<Uint8Array>;
  try {
    const { default: getAbsolutePath } = await import(`${PACKAGE}/absolute-path.js`);
    folder = getAbsolutePath();
    ({ readFile } = await import("node:fs/promises"));
    await readFile(`${folder}/package.json`);
  } catch { // not installed, or no disk
    return undefined;
  }
  const asset = async (file: string, contentType: string) => ({
    content: new Uint8Array(await readFile(`${folder}/${file}`)),
    contentType,
  });
  return {
    read: async (resource, title) => {
      switch (resource) {
        case "try/boot.js":
          return { content: BOOT, contentType: "text/javascript; charset=utf-8" };
        case "try/swagger-ui-bundle.js":
          return await asset("swagger-ui-bundle.js", "text/javascript; charset=utf-8");
        case "try/swagger-ui.css":
          return await asset("swagger-ui.css", "text/css; charset=utf-8");
      }
      return { content: tryPage(title), contentType: "text/html; charset=utf-8" };
    },
  };
}

function tryPage(title: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}: try it out</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="try/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>Swagger UI needs scripts; the documentation itself does not.</noscript>
<script src="try/swagger-ui-bundle.js"></script>
<script src="try/boot.js"></script>
</body>
</html>
`;
}

// A file of its own, as the policy of the page allows no script within it. `none`: nobody else's validator is asked.
const BOOT = `SwaggerUIBundle({ url: "../openapi.json", dom_id: "#swagger-ui", validatorUrl: "none" });
`;
