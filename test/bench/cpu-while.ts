/** Measures the part of a core that this process uses in the next `ms` milliseconds. */
export async function cpuWhile(ms: number): Promise<number> {
  const before = process.cpuUsage();
  await new Promise((resolve) => void setTimeout(resolve, ms));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / ms;
}
