import { describe, expect, it } from 'vitest';
import { runCli } from '../fixtures/cli.ts';

describe('Wrong usage', () => {
  it.each([
    { args: ['lead'], says: 'cluster-leader: there is no command "lead"\nSee: cluster-leader help\n' },
    { args: ['help', 'lead'], says: 'there is no command "lead"' },
    {
      args: ['dev'],
      says: 'cluster-leader dev: the command to run is missing: write it after --\nSee: cluster-leader help dev\n',
    },
    { args: ['exec', '--'], says: 'the command to run is missing' },
    { args: ['dev', 'node', 'app.js'], says: "Unexpected argument 'node': write the command to run after --\n" },
    { args: ['status', 'node'], says: "Unexpected argument 'node'\n" },
    { args: ['status', '--', 'node'], says: 'this command runs no other command, so -- is not allowed' },
    { args: ['dev', '--dialect', '--', 'true'], says: '--dialect needs a value: --dialect=<value>\n' },
    { args: ['exec', '--skip-code', '-1', '--', 'true'], says: '--skip-code needs a value: --skip-code=<value>\n' },
    {
      args: ['exec', '--skip-code=-1', '--', 'true'],
      says: "--skip-code is '-1', but it must be a whole number from 0",
    },
    { args: ['watch', '--json=yes'], says: '--json takes no value\n' },
    { args: ['dev', '--replica', '2', '--', 'true'], says: "Unknown option '--replica'" },
    {
      args: ['dev', '--replicas', '0', '--', 'true'],
      says: "--replicas is '0', but it must be a whole number from 1 to 20",
    },
    { args: ['dev', '--replicas', '2.5', '--', 'true'], says: "--replicas is '2.5'" },
    {
      args: ['dev', '--lease', '10', '--', 'true'],
      says: "--lease is '10', but it must be a time above 0 with its unit, such as 15s, 500ms or 2m. See docs/errors/ERR_INVALID_OPTION.md\nSee: cluster-leader help dev\n",
    },
    { args: ['dev', '--lease', '99ms', '--', 'true'], says: "--lease is '99ms', but it must be at least 100ms. See" },
    { args: ['dev', '--lease=', '--', 'true'], says: "--lease is ''" },
    { args: ['exec', '--grace', '0s', '--', 'true'], says: "--grace is '0s', but it must be a time above 0" },
    { args: ['dev', '--grace', '99999m', '--', 'true'], says: "--grace is '99999m'" },
    { args: ['exec', '--wait', '10', '--', 'true'], says: "--wait is '10', but it must be a time above 0" },
    { args: ['exec', '--wait=', '--', 'true'], says: "--wait is ''" },
    {
      args: ['dev', '--dialect', 'raft', '--', 'true'],
      says: "--dialect is 'raft', but it must be one of leader-elector, leader-elector-head, kkosmrli, nais, krmcbride, vapor.",
    },
    {
      args: ['exec', '--skip-code', '256', '--', 'true'],
      says: "--skip-code is '256', but it must be a whole number from 0 to 255",
    },
    { args: ['status', '--lease', 'soon'], says: "--lease is 'soon'" },
  ])('is refused with exit code 64, and the message names the rule: $args', async ({ args, says }) => {
    const { code, stderr } = await runCli(args);
    expect(code).toBe(64);
    expect(stderr).toContain(says);
  });
});
