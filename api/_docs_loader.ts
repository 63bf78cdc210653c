import { outsideContext } from "../internal/outside_context.ts";
import type { DocsLoader } from "./_docs_resource.ts";

/** Loads it when it is asked for the first time. */
export const loadDocs: DocsLoader = () =>
  outsideContext(async () => (await import("./_docs_site.ts")).createDocs);
