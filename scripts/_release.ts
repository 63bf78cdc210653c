/**
 * What a release has to be, and how it is published without being published twice.
 *
 * @module
 */

/** What is to be released. */
export interface Release {
  /** The tag, such as `v1.2.3`. */
  readonly tag: string;
  /** The version in deno.json. */
  readonly version: string;
  /** The text of CHANGELOG.md. */
  readonly changelog: string;
}

/** What is wrong with a release; nothing where tag, deno.json and CHANGELOG.md have one version. */
export function releaseProblems({ tag, version, changelog }: Release): string[] {
  const problems: string[] = [];
  if (tag !== `v${version}`) {
    problems.push(`The tag is ${tag}, and deno.json has version ${version}: expected the tag v${version}`);
  }
  const heading = /^## (.+)$/m.exec(changelog)?.[1];
  if (heading === `${version} (unreleased)`) {
    problems.push(`CHANGELOG.md says that ${version} is unreleased: give the heading its date`);
  } else if (heading?.split(" ")[0] !== version) {
    problems.push(`CHANGELOG.md begins with "${heading ?? "nothing"}": expected a heading "## ${version}"`);
  } else if (releaseNotes(changelog, version) === "") {
    problems.push(`CHANGELOG.md has nothing to say of ${version}`);
  }
  return problems;
}

/** The section of CHANGELOG.md for a version, without its heading. */
export function releaseNotes(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.split(/[\s(]/)[0] === version) ?? "";
  return section.slice(section.indexOf("\n") + 1).trim();
}

/** A registry that a version is published to. */
export interface Registry {
  /** Whether it has the version. */
  has(): Promise<boolean>;
  /** Publishes the version; rejects when that failed, or took too long. */
  publish(): Promise<void>;
}

/**
 * Publishes what is not there yet. A client that hangs or fails after the registry has taken the version has published it:
 * the registry is asked again before an error counts.
 */
export async function publishOnce(registry: Registry): Promise<"published" | "was there"> {
  if (await registry.has()) return "was there";
  try {
    await registry.publish();
  } catch (error) {
    if (!await registry.has()) throw error;
  }
  return "published";
}
