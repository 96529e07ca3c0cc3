import { configMapStore } from '@cluster-leader/kubernetes';
import { startElection } from '@cluster-leader/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCli } from '../fixtures/cli.ts';

const BILLING = ['runs', '--namespace', 'billing'] as const;

describe('cluster-leader runs', () => {
  it('refuses to start without a store, with exit code 64', async () => {
    const { code, stderr } = await runCli(BILLING);
    expect(code).toBe(64);
    expect(stderr).toContain('the store of the ledger is missing: set CLUSTER_LEADER_STORE to postgres://...');
  });

  it.each([
    { store: 'mysql://me:secret@db/app', shows: "'mysql://...'" },
    { store: 'me:secret@db', shows: "'a text without a scheme'" },
    { store: 'configmaps', shows: "'a text without a scheme'" },
  ])('refuses a store that it does not know, without its password: $store', async ({ store, shows }) => {
    const { code, stderr } = await runCli(BILLING, { CLUSTER_LEADER_STORE: store });
    expect(code).toBe(64);
    expect(stderr).toContain(`$CLUSTER_LEADER_STORE is ${shows}, but it must be postgres://..., redis://..., `);
    expect(stderr).not.toContain('secret');
  });

  it('says that a ConfigMap needs an API server', async () => {
    const { code, stderr } = await runCli(BILLING, { CLUSTER_LEADER_STORE: 'configmap' });
    expect(code).toBe(1);
    expect(stderr).toContain('does not run in Kubernetes');
  });

  it('lists the runs in a ConfigMap, and creates none', async () => {
    const election = await startElection();
    onTestFinished(() => election.close());
    const { url } = election.apiServer;
    const env = { CLUSTER_LEADER_API_SERVER: url, CLUSTER_LEADER_STORE: 'configmap/my-runs' };
    expect(await runCli(BILLING, env)).toMatchObject({ code: 0, stdout: 'no runs in namespace billing\n' });
    const store = configMapStore({ name: 'my-runs', namespace: 'default', server: url });
    const slot = new Date(Math.floor(Date.now() / 60_000) * 60_000);
    const holder = { id: 'a', namespace: 'billing', pod: 'pod-1' };
    await store.claim(holder, [{ job: 'bill', slot, madeUp: false }], { aheadMs: 5_000, retentionMs: 86_400_000 });
    await store.close();
    const { stdout } = await runCli([...BILLING, '--json'], env);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'run', job: 'bill', pod: 'pod-1', state: 'running' });
  });
});
