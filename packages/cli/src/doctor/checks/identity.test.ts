import { expect, it } from 'vitest';
import { answer, found, naming, POD } from '../../fixtures/pod-facts.ts';

const LONG = `billing-${'of-all-customer-'.repeat(4)}7c9f6d5b8d-x2x4z`;
/** Character 63 is a dash, and a hostname must not end with one. */
const CUT = LONG.slice(0, 62);

it.each([
  {
    what: 'a pod whose hostname is its name',
    name: POD,
    hostname: POD,
    leader: 'other',
    finds: `ok this pod is "${POD}"`,
  },
  {
    what: 'a pod of a StatefulSet without MY_POD_NAME',
    hostname: 'db-0',
    leader: 'db-1',
    finds: 'ok this pod is "db-0"',
  },
  {
    what: 'a pod with a long name, when the sidecar names the truncated hostname',
    name: LONG,
    hostname: CUT,
    leader: CUT,
    finds: `fault The sidecar names "${CUT}", which is this pod's name truncated to 63 characters. Other pods may share it.`,
  },
  {
    what: 'a pod with a long name, when the sidecar names another pod',
    name: LONG,
    hostname: CUT,
    leader: 'other',
    finds: `warning The hostname "${CUT}" is not the pod name "${LONG}": it is the truncated pod name, which other pods may share. A sidecar without --id uses the hostname.`,
  },
  {
    what: 'a pod with a truncated hostname and no MY_POD_NAME, when the sidecar uses the full name',
    hostname: CUT,
    leader: LONG,
    finds: `fault The sidecar names "${LONG}", but this pod is identified by its hostname, which is that name truncated to 63 characters.`,
  },
  {
    what: 'a pod with MY_POD_NAME and a shared spec.hostname',
    name: POD,
    hostname: 'billing',
    leader: 'other',
    finds: `warning The hostname "billing" is not the pod name "${POD}": spec.hostname is set, and all pods of the template share it. A sidecar without --id uses the hostname.`,
  },
  {
    what: 'a pod with MY_POD_NAME, when the sidecar uses the shared spec.hostname',
    name: POD,
    hostname: 'billing',
    leader: 'billing',
    finds: `fault The sidecar names the hostname "billing", but this pod is "${POD}": hostNetwork or spec.hostname is set.`,
  },
  {
    what: 'a pod with a shared spec.hostname and no MY_POD_NAME',
    hostname: 'billing',
    leader: 'billing',
    finds:
      'warning This pod is identified by its hostname "billing", which does not look like the name of a pod. If several pods share it, all of them lead at the same time.',
  },
  {
    what: 'a pod on hostNetwork with MY_POD_NAME',
    name: POD,
    hostname: 'node-7',
    interfaces: ['lo', 'cni0'],
    leader: 'other',
    finds: `warning The hostname "node-7" is not the pod name "${POD}": the pod uses hostNetwork. A sidecar without --id uses the hostname.`,
  },
  {
    what: 'a pod on hostNetwork, when the sidecar names it',
    name: POD,
    hostname: 'node-7',
    interfaces: ['lo', 'cni0'],
    leader: POD,
    finds: `ok this pod is "${POD}"`,
  },
  {
    what: 'a pod on hostNetwork without MY_POD_NAME',
    hostname: 'node-7',
    interfaces: ['lo', 'docker0'],
    leader: 'other',
    finds:
      'warning This pod is identified by its hostname "node-7", which is the machine\'s (hostNetwork). If several pods share it, all of them lead at the same time.',
  },
])('checks the names of $what', ({ name, hostname, interfaces = ['lo'], leader, finds }) => {
  const own = { env: { MY_POD_NAME: name }, hostname, interfaces, probes: [naming(leader)] };
  const findings = found('identity', own, [name ?? hostname]);
  expect(findings.map(({ level, what }) => `${level} ${what}`)).toEqual([finds]);
});

it('accepts another hostname if the sidecar reports the name of this pod as its own', () => {
  const own = answer({ is_leader: false, leader: 'other', node: POD });
  expect(found('identity', { hostname: 'node-7', probes: [own] })).toMatchObject([{ level: 'ok' }]);
});

it('warns if an image has overwritten HOSTNAME', () => {
  expect(found('HOSTNAME', { env: { HOSTNAME: POD } })).toEqual([]);
  expect(found('HOSTNAME', { env: { HOSTNAME: '0.0.0.0' } })).toMatchObject([
    { level: 'warning', what: expect.stringContaining(`HOSTNAME is "0.0.0.0", but the hostname is "${POD}"`) },
  ]);
});
