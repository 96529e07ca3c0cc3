// The installed command line, as a user types it.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { startReplicas } from '@cluster-leader/cli';
import { startElection } from '@cluster-leader/testing';

/** Runs a command while this process, in which the election's API server is, goes on. */
async function npx(args, env) {
  const child = spawn('npx', ['cluster-leader', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { status, stdout, stderr };
}

/** CPU time of a command in milliseconds: the least of five, since other processes only add to it. */
function cpuMsOf(command) {
  const samples = Array.from({ length: 5 }, () => {
    const line = `TIMEFORMAT='%U %S'; time ${command} >/dev/null 2>/dev/null`;
    const { stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
    const [user, system] = stderr.trim().split(' ');
    return Math.round(1_000 * (Number(user) + Number(system)));
  });
  return Math.min(...samples);
}

// The limit is relative to the import that most of it is for, so that it holds on any machine. npx itself costs more.
const importMs = cpuMsOf(`node -e "require('undici')"`);
const limitMs = 3 * importMs;
console.log(`the import of undici takes ${importMs} ms of CPU`);
for (const command of ['help', 'status']) {
  const cpuMs = cpuMsOf(`node node_modules/.bin/cluster-leader ${command}`);
  console.log(`cluster-leader ${command} takes ${cpuMs} ms of CPU`);
  assert.ok(cpuMs < limitMs);
}

// What dev costs until the first line of an app is out; the replicas' own processes are not counted.
const starting = spawn('node', ['node_modules/.bin/cluster-leader', 'dev', '--', 'echo up'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
await once(starting.stdout, 'data');
const [, , , , , , , , , , , , , userTicks, systemTicks] = readFileSync(`/proc/${starting.pid}/stat`, 'utf8').split(
  ' ',
);
const devCpuMs = (Number(userTicks) + Number(systemTicks)) * 10;
console.log(`cluster-leader dev takes ${devCpuMs} ms of CPU`);
assert.ok(devCpuMs < limitMs);
await once(starting, 'exit');

const dev = await npx(['dev', '--replicas', '2', '--', 'echo "it is $MY_POD_NAME"']);
assert.equal(dev.status, 0, dev.stderr);
assert.match(dev.stdout, /^pod-1 \| it is pod-1$/m);
assert.match(dev.stdout, /^pod-2 \| it is pod-2$/m);

const election = await startElection({ candidates: 2, processes: true });
const [first, second] = election.candidates;
assert.equal((await npx(['status'], first.env)).status, 0);
assert.equal((await npx(['status'], second.env)).status, 1);
assert.equal((await npx(['status'], { ...first.env, ELECTOR_GET_URL: 'http://127.0.0.1:9/' })).status, 2);
assert.equal((await npx(['exec', '--', 'exit 7'], first.env)).status, 7);
assert.equal((await npx(['exec', '--', 'exit 7'], second.env)).status, 0);
assert.match((await npx(['doctor'], first.env)).stdout, /no faults/);
await election.close();

const lines = Promise.withResolvers();
const set = await startReplicas({
  command: ['node', '-p', '1 + 1'],
  replicas: 1,
  onOutput: (_, [line]) => lines.resolve(line),
});
assert.equal(await lines.promise, '2');
await set.close();
console.log('the command line works');
