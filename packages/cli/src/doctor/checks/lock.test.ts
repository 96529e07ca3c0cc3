import { startElection, type Election, type ElectionOptions } from '@cluster-leader/testing';
import { describe, expect, it, vi, type TestContext } from 'vitest';
import { withoutLock } from '../../fixtures/candidates.ts';
import { examine } from '../../fixtures/examine.ts';
import { found, naming, POD } from '../../fixtures/pod-facts.ts';
import type { LockFacts } from '../facts/lock-facts.ts';

// Generous, because the machine may be busy.
vi.setConfig({ testTimeout: 30_000 });

async function election({ onTestFinished }: TestContext, options: ElectionOptions = {}): Promise<Election> {
  const started = await startElection({ candidates: 2, ...options });
  onTestFinished(() => started.close());
  return started;
}

function recordOf({ ageMs, ...content }: { holder: string; leaseDurationMs: number; ageMs: number }): LockFacts {
  const readAt = new Date();
  const record = { ...content, renewedAt: new Date(readAt.getTime() - ageMs), version: 7n, uid: 'uid-1' };
  return { kind: 'record', object: 'Lease my-app in namespace default', record, readAt };
}

describe('doctor, with a lock record,', () => {
  it('finds no fault if the sidecar names its holder, and reads the lease from it', async (context) => {
    const { candidates } = await election(context);
    for (const { env } of candidates) {
      const { code, text } = await examine(env);
      expect(text).toContain('ok lock Endpoints my-app in namespace default: "pod-1" holds it');
      expect(text).toContain("ok lease 10 s, the same as the sidecar's (Endpoints my-app in namespace default)");
      expect(code).toBe(0);
    }
  });

  it('finds a declared lease that is not the one in the record', async (context) => {
    const { candidates } = await election(context);
    const { code, text } = await examine(candidates[0]?.env ?? {}, '--lease', '15s');
    expect(text).toContain(
      'fault lease The app declares a lease of 15 s, but the sidecar runs with 10 s (Endpoints my-app in namespace default)',
    );
    expect(code).toBe(1);
  });

  it('finds a sidecar that claims this pod while another one holds the lock', async (context) => {
    const started = await election(context);
    await started.candidate('pod-2').answer({ body: '{"name":"pod-2"}' });
    const { code, text } = await examine(started.candidate('pod-2').env);
    expect(text).toContain(
      'fault lock Endpoints my-app in namespace default: "pod-1" holds it, but the sidecar names "pod-2", which is this pod. Without lockRecord, two pods lead.',
    );
    expect(code).toBe(1);
  });

  it('warns of a sidecar that names another pod than the holder', async (context) => {
    const started = await election(context);
    await started.candidate('pod-2').answer({ body: '{"name":"pod-3"}' });
    const { text } = await examine(started.candidate('pod-2').env);
    expect(text).toContain('warning lock Endpoints my-app in namespace default: "pod-1" holds it, but the sidecar');
  });

  it.for([
    { ageMs: 9_999, finds: /^ok .*holds it/ },
    { ageMs: 10_000, finds: /^fault .*has not renewed it for 10 s, although its lease is 10 s/ },
    { ageMs: -60_000, finds: /^ok .*holds it/ }, // The clock was set back.
  ])('judges a record that this pod renewed $ageMs ms ago, with a lease of 10 s', ({ ageMs, finds }) => {
    const lock = recordOf({ holder: POD, leaseDurationMs: 10_000, ageMs });
    const [finding, ...others] = found('lock', { probes: [naming(POD)], lock });
    expect(`${finding?.level} ${finding?.what}`).toMatch(finds);
    expect(others).toEqual([]);
  });

  it('does not judge the age of a record that another pod holds, because its clock may differ', () => {
    const lock = recordOf({ holder: 'other', leaseDurationMs: 10_000, ageMs: 60_000 });
    expect(found('lock', { probes: [naming('other')], lock })).toMatchObject([{ level: 'ok' }]);
  });

  it('takes no lease from a record that nobody holds, because a release states one second', () => {
    const lock = recordOf({ holder: '', leaseDurationMs: 1_000, ageMs: 0 });
    expect(found('lease', { lock })).toMatchObject([{ what: expect.stringContaining('A guess') }]);
  });

  it('prints the Role that is missing, to be copied, and does not count it as a fault', async (context) => {
    const started = await election(context, { dialect: 'krmcbride' });
    started.apiServer.forbid();
    const { code, text } = await examine(started.candidate('pod-1').env);
    expect(text).toContain(
      'warning lock Lease my-app in namespace default cannot be read. An app with lockRecord does not',
    );
    expect(text).toContain(
      [
        'apiVersion: rbac.authorization.k8s.io/v1',
        'kind: Role',
        'metadata: { name: my-app-lock-reader, namespace: default }',
        'rules:',
        " - { apiGroups: ['coordination.k8s.io'], resources: [leases], resourceNames: [my-app], verbs: [get, watch] }",
        '---',
      ].join('\n'),
    );
    expect(text).toContain('kind: RoleBinding');
    expect(code).toBe(0);
  });

  it('warns if there is no such object', async (context) => {
    const started = await election(context, { dialect: 'krmcbride' });
    await started.cutOff('sidecar', 'refused');
    started.apiServer.deleteLock();
    const { text } = await examine(started.candidate('pod-1').env);
    expect(text).toContain('warning lock Lease my-app in namespace default does not exist.');
  });

  it('reports that the API server cannot be reached', async (context) => {
    const started = await election(context);
    await started.candidate('pod-1').cutOff('app', 'refused');
    const { code, text } = await examine(started.candidate('pod-1').env);
    expect(text).toMatch(/warning lock Endpoints my-app .* cannot be read\. .* change: http.*ECONNREFUSED/);
    expect(code).toBe(0);
  });

  it('finds an invalid $CLUSTER_LEADER_LOCK', async (context) => {
    const started = await election(context);
    const { code, text } = await examine({ ...started.candidate('pod-1').env, CLUSTER_LEADER_LOCK: 'my-app' });
    expect(text).toContain("fault lock $CLUSTER_LEADER_LOCK is 'my-app', but it must be a kind and a name");
    expect(code).toBe(1);
  });

  it('says that it was not checked if $CLUSTER_LEADER_LOCK is not set', async (context) => {
    const started = await election(context);
    const { code, text } = await examine(withoutLock(started.candidate('pod-1').env));
    expect(text).toContain('info lock The lock record is not checked, because CLUSTER_LEADER_LOCK is not set.');
    expect(code).toBe(0);
  });

  it('says that it was not checked outside of a cluster', () => {
    const [finding] = found('lock', { env: { CLUSTER_LEADER_LOCK: 'lease/my-app' } });
    expect(finding).toMatchObject({ level: 'info', what: expect.stringContaining('this is not a cluster') });
  });
});
