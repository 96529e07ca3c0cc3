import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { CLI } from '../fixtures/cli.ts';
import { at, examineCommand, examineOn } from '../fixtures/examine.ts';
import { hasMachines, onMachine } from '../fixtures/machine.ts';
import { POD } from '../fixtures/pod-facts.ts';
import { naming, startSidecar } from '../fixtures/sidecar.ts';

// Every test starts several processes: with more tests at a time, a small machine starves their sidecars.
vi.setConfig({ testTimeout: 60_000, maxConcurrency: 2 });

const LONG = `billing-${'of-all-customer-'.repeat(4)}7c9f6d5b8d-x2x4z`;

/** Character 63 is a dash, and a hostname must not end with one. */
const CUT = LONG.slice(0, 62);

// The hostname, interfaces and resolver are real, but not those of the machine on which the test runs.
describe.skipIf(!hasMachines()).concurrent('cluster-leader doctor, in a pod of its own,', () => {
  it.for([
    {
      what: 'a pod of a StatefulSet by its hostname',
      name: '',
      hostname: 'db-0',
      leader: 'db-1',
      finds: 'this pod is "db-0"',
    },
    { what: 'a pod with a long name', name: LONG, hostname: CUT, leader: LONG, finds: `this pod is "${LONG}"` },
  ])('recognises $what', async ({ name, leader, finds, ...machine }, context) => {
    const env = { ...at(await startSidecar(context, naming(leader))), MY_POD_NAME: name };
    const { text, widest } = await examineOn(context, machine, env);
    // A name that is longer than a line is broken, at an unknown place.
    expect(text.replaceAll(' ', '')).toContain(`ok identity ${finds}`.replaceAll(' ', ''));
    expect(text.match(/^\w+ identity/gm)).toHaveLength(1);
    expect(widest).toBeLessThanOrEqual(80);
  });

  it('recognises hostNetwork by the interfaces of the machine', async (context) => {
    const machine = { hostname: 'node-7', networkInterface: 'docker0' };
    const sidecar = fileURLToPath(new URL('../fixtures/beside-sidecar.fixture.ts', import.meta.url));
    const words = [...CLI.slice(0, -1), sidecar, 'another-pod'];
    const { text } = await examineOn(context, machine, { MY_POD_NAME: '' }, ...words);
    expect(text).toContain(
      'warning identity This pod is identified by its hostname "node-7", which is the machine\'s (hostNetwork).',
    );
    expect(text).toContain('ok answer "another-pod" leads');
  });

  it('checks the lease from $CLUSTER_LEADER_LEASE, unless --lease is given', async (context) => {
    const env = { ...at(await startSidecar(context, naming(POD))), CLUSTER_LEADER_LEASE: '15s' };
    // A process namespace of its own: the command line of a sidecar elsewhere on this machine would count.
    const words = onMachine(context, { isFirstProcess: true }, [...CLI, 'doctor']);
    const declared = await examineCommand(context, words, env);
    const given = await examineCommand(context, [...words, '--lease', '10s'], env);
    expect(declared.text).toContain('ok lease 15 s. A guess');
    expect(given.text).toContain('warning lease A guess');
  });

  it('warns if HOSTNAME is not the hostname', async (context) => {
    const env = { ...at(await startSidecar(context, naming(POD))), HOSTNAME: '0.0.0.0' };
    const { text } = await examineOn(context, { hostname: POD }, env);
    expect(text).toContain(`warning HOSTNAME HOSTNAME is "0.0.0.0", but the hostname is "${POD}"`);
  });

  it.for([
    {
      what: 'one of them refuses',
      impostor: undefined,
      finds: 'localhost also resolves to ::1, but no sidecar answers there',
    },
    {
      what: 'another program answers there',
      impostor: 'impostor',
      finds: `Several programs answer at localhost, and name different leaders: "impostor", "${POD}".`,
    },
  ])('asks every address of localhost: $what', async ({ impostor, finds }, context) => {
    const port = await startSidecar(context, naming(POD));
    if (impostor !== undefined) await startSidecar(context, naming(impostor), { host: '::1', port });
    const machine = { hostname: POD, hosts: ['::1 localhost', '127.0.0.1 localhost'] };
    const { text } = await examineOn(context, machine, { ELECTOR_GET_URL: `http://localhost:${port}/` });
    expect(text).toContain(finds);
  });
});
