/** How much of an error's text a store keeps, in bytes of UTF-8. */
const LONGEST_ERROR_BYTES = 2_048;

/** Returns the text as stores keep it: at most 2 048 bytes, without half a character or a NUL, which Postgres refuses. */
export function cutError(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text.replaceAll('\0', '\uFFFD'));
  let end = Math.min(bytes.length, LONGEST_ERROR_BYTES);
  // The first byte that is cut off may continue a character.
  while (end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
