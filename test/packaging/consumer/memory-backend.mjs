/** A backend for Agenda with one job that is due, and what was called of it. */
export function memoryBackend(name) {
  const calls = [];
  let row = { _id: '1', name, type: 'normal', priority: 0, nextRunAt: new Date(0), data: {} };
  const repository = {
    async getNextJobToRun() {
      if (row.nextRunAt === null || row.lockedAt) return undefined;
      calls.push('getNextJobToRun');
      row = { ...row, lockedAt: new Date() };
      return row;
    },
    async saveJobState(state) {
      calls.push('saveJobState');
      row = { ...state };
    },
    async queryJobs() {
      return { jobs: [row], total: 1 };
    },
    async saveJob(job) {
      calls.push('saveJob');
      row = { ...row, ...job };
      return row;
    },
    async unlockJob() {
      calls.push('unlockJob');
    },
    async unlockJobs() {
      calls.push('unlockJobs');
    },
  };
  return { calls, backend: { name: 'memory', repository, connect: async () => {}, disconnect: async () => {} } };
}
