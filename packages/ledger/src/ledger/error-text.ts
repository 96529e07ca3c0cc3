/** What a log or a record says of an error: its name and message, without the stack. Never throws. */
export function errorText(error: unknown): string {
  try {
    return String(error);
  } catch {
    return 'an error without a text';
  }
}
