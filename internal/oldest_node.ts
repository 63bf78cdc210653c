/** The oldest Node that this package runs on. */
export const OLDEST_NODE = "22.12.0";

/** @throws {Error} when a version of Node, such as `20.20.2`, is older than that. */
export function requireNode(version: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE.split(".").map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new Error(
    `@glam/shared runs on Node ${oldestMajor}.${oldestMinor} or newer, and this is Node ${version}: ` +
      "install a newer one from https://nodejs.org",
  );
}
