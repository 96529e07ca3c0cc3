/** Returns a message if `version` of Node.js is older than the packages need; npx only prints a warning. */
export function oldNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return undefined;
  return `this command needs Node.js 22.19 or newer, but runs on ${version}`;
}
