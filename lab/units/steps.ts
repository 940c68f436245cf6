/** What the units are put through, one step after the other on one server. Each throws where it is not as its name says. */

import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { until } from '../until.ts';
import { CREDENTIALS, SECRET, type Server } from './server.ts';

interface Step {
  /** What holds. */
  readonly name: string;
  /** @param say what was seen, for people. */
  run(server: Server, say: (line: string) => void): Promise<void>;
}

const [NODE, WORKER] = ['weir-node.service', 'weir-worker.service'];
export const PASSWORDS = ['first-sentinel-4711', 'second-sentinel-4712'] as const;
const [FIRST, SECOND] = PASSWORDS;
/** systemd.exec(5) says that a bound of CAP_NET_ADMIN alone is this. */
const NET_ADMIN = '0000000000001000';
const SEEN_WITHIN_MS = 30_000;

async function apply(server: Server, credentials = CREDENTIALS) {
  const { code, text } = await server.weir(['render', '--node', 'a', '--apply'], credentials);
  return { code, last: text.split('\n').at(-1) ?? '' };
}

const withoutSecret: Step = {
  name: 'a secret that is missing: applied, one start, one sentence, and no other start',
  async run(server, say) {
    await server.write(`/root/secrets/${SECRET}`, `${FIRST}\n`, 0o600);
    const { code, last } = await apply(server, '/root/secrets');
    say(last);
    assert.equal(code, 1);
    assert.match(last, /^All is applied, but weir-node\.service does not run: /);
    assert.deepEqual(await states(server, NODE), ['failed', 'exit-code', '2', '0']);
    const said = (await server.said(NODE)).filter((line) => line.startsWith('/etc/weir/weir.yaml'));
    say(said.join('\n'));
    assert.equal(said.length, 1);
    assert.match(
      said[0] as string,
      new RegExp(`\\$${SECRET} is not set in the environment, and there is no credential`),
    );
  },
};

/** How a unit is, why, with which exit code, and how often systemd has started it again. */
async function states(server: Server, unit: string): Promise<string[]> {
  const properties = ['ActiveState', 'Result', 'ExecMainStatus', 'NRestarts'];
  return Promise.all(properties.map((property) => server.show(unit, property)));
}

const started: Step = {
  name: 'with the secret `--apply` starts the node, enabled like all others, and a worker starts beside it',
  async run(server, say) {
    await server.write(`${CREDENTIALS}/${SECRET}`, `${FIRST}\n`, 0o600);
    assert.deepEqual(await apply(server), { code: 0, last: 'a is as weir.yaml says.' });
    await server.showTable();
    assert.equal((await server.weir(['render', '--worker', '--out', '/'])).code, 0);
    await server.must('systemctl', 'daemon-reload');
    await server.must('systemctl', 'enable', '--quiet', '--now', WORKER);
    for (const unit of [NODE, WORKER, 'keepalived.service', 'weir-address.service']) {
      assert.equal(await server.must('systemctl', 'is-enabled', unit), 'enabled');
      assert.equal(await server.must('systemctl', 'is-active', unit), 'active');
    }
    const { text } = await server.weir(['render', '--node', 'a', '--apply']);
    assert.equal(text, 'Nothing was changed: a is as weir.yaml says.');
    say(await server.must('systemctl', 'status', '--no-pager', '--lines=0', NODE));
  },
};

const sandboxed: Step = {
  name: 'node and worker have no more power than they need',
  async run(server, say) {
    const limits = {
      [NODE]: [NET_ADMIN, 3],
      [WORKER]: ['0000000000000000', 2],
      'weir-address.service': [undefined, 2],
    };
    for (const [unit, [capabilities, most]] of Object.entries(limits)) {
      const rated = await server.must('systemd-analyze', 'security', '--no-pager', unit);
      const exposure = Number(/exposure level for \S+: (\d+\.\d+)/.exec(rated)?.[1]);
      say(`${unit}: exposure ${exposure}`);
      assert.ok(exposure <= Number(most), `${unit} has ${exposure}`);
      if (capabilities === undefined) continue;
      const status = await server.must('cat', `/proc/${await server.show(unit, 'MainPID')}/status`);
      const of = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1];
      assert.deepEqual(
        [of('CapEff'), of('CapBnd'), of('NoNewPrivs'), of('Seccomp')],
        [...[capabilities, capabilities], ...['1', '2']],
      );
      assert.equal(of('Uid') === '0', unit === NODE);
      await mayWrite(
        server,
        unit,
        unit === NODE ? ['/run/weir', '/var/lib/weir'] : ['/var/lib/private/weir-worker', '/tmp'],
      );
    }
  },
};

/** Throws unless the unit sees these folders writable, and all others of a server as they are not. */
async function mayWrite(server: Server, unit: string, folders: readonly string[]): Promise<void> {
  const inside = ['nsenter', '--target', await server.show(unit, 'MainPID'), '--mount', 'touch'];
  for (const folder of ['/etc', '/opt', '/run', '/run/weir', '/srv', '/tmp', '/usr', '/var/lib', ...folders]) {
    const { code, text } = await server.run(...inside, `${folder}/units-were-here`);
    assert.equal(code === 0, folders.includes(folder), `${unit}: ${folder}: ${text || 'may be written'}`);
  }
}

const dump: Step = {
  name: "keepalived's dump is in a folder of root's; one that is in /tmp is seen, and doctor says how it is mended",
  async run(server, say) {
    const file = '/run/keepalived/keepalived.json';
    assert.equal(statSync(server.at(file)).mode & 0o777, 0o600);
    assert.equal(statSync(server.at('/run/keepalived')).mode & 0o777, 0o700);
    assert.equal((await server.run('test', '-e', '/tmp/keepalived.json')).code, 1);
    const drop = '/etc/systemd/system/keepalived.service.d/weir.conf';
    const text = readFileSync(server.at(drop), 'utf8');
    await server.write(drop, '');
    await server.must('systemctl', 'daemon-reload');
    await server.must('systemctl', 'restart', 'keepalived');
    await untilMaster(server);
    const { text: found } = await server.weir(['doctor', '--node', 'a']);
    say(
      found
        .split('\n')
        .filter((line) => /dump|TMPDIR/.test(line))
        .join('\n'),
    );
    assert.match(found, /keepalived-dump-open/);
    await server.write(drop, text);
    await server.must('systemctl', 'daemon-reload');
    await server.must('systemctl', 'restart', 'keepalived');
    await untilMaster(server);
    assert.doesNotMatch((await server.weir(['doctor', '--node', 'a'])).text, /keepalived-dump-open/);
  },
};

/** Waits until the node sees what keepalived writes. */
async function untilMaster(server: Server): Promise<void> {
  const isMaster = async () => {
    const { text } = await server.weir(['status']);
    if (text.includes('Directors: a ✓ MASTER (')) return true;
    throw new Error(text);
  };
  await until(isMaster, SEEN_WITHIN_MS, 'a to be MASTER with its table');
}

const drained: Step = {
  name: 'a drain through the sandbox: lease, table and weight file',
  async run(server, say) {
    await untilMaster(server);
    const { code, text } = await server.weir(['drain', 'logs/b', '--for', '30m', '--reason', 'units']);
    say(text);
    assert.equal(code, 0);
    assert.equal(server.weightOfB(), 0);
    assert.equal(readFileSync(server.at('/run/weir/weight-logs-b'), 'utf8').trim(), '-100');
    assert.equal(statSync(server.at('/var/lib/weir/leases.json')).mode & 0o777, 0o600);
  },
};

const rotated: Step = {
  name: 'another secret is in force after a restart, which lets nothing go',
  async run(server, say) {
    await server.broker(FIRST, 'CONFIG', 'SET', 'requirepass', SECOND);
    await server.must('systemctl', 'restart', NODE);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    assert.deepEqual(await states(server, NODE), ['active', 'success', '0', '0']);
    const refused = (await server.said(NODE)).filter((line) => line.includes('refuses the password'));
    say(refused.join('\n'));
    assert.equal(refused.length, 1);
    await server.write(`${CREDENTIALS}/${SECRET}`, `${SECOND}\n`, 0o600);
    await server.must('systemctl', 'restart', NODE, WORKER);
    await server.showTable();
    await untilMaster(server);
    assert.deepEqual(await states(server, NODE), ['active', 'success', '0', '0']);
    const { text } = await server.weir(['status']);
    say(
      text
        .split('\n')
        .filter((line) => /b at weight/.test(line))
        .join('\n'),
    );
    assert.match(text, /b at weight 0/);
    assert.equal(server.weightOfB(), 0);
  },
};

const frozen: Step = {
  name: 'a node that stands still is started again by the watchdog, and holds what it held',
  async run(server, say) {
    await server.write(`/run/systemd/system/${NODE}.d/soon.conf`, '[Service]\nWatchdogSec=3\n');
    await server.must('systemctl', 'daemon-reload');
    await server.must('systemctl', 'restart', NODE);
    // Longer than the watchdog: a node that works is left alone.
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    assert.equal(await server.show(NODE, 'NRestarts'), '0');
    const before = await server.show(NODE, 'MainPID');
    await server.must('kill', '-STOP', before);
    const startedAt = performance.now();
    await until(async () => (await server.show(NODE, 'NRestarts')) === '1', 60_000, 'the watchdog');
    say(`started again ${((performance.now() - startedAt) / 1_000).toFixed(1)} s after it was stopped`);
    await until(async () => (await server.show(NODE, 'ActiveState')) === 'active', SEEN_WITHIN_MS, 'the node to be up');
    await server.showTable();
    await untilMaster(server);
    assert.equal(server.weightOfB(), 0);
  },
};

const stopped: Step = {
  name: 'SIGTERM ends it in order, the lease stays, and the weight comes back when a person says so',
  async run(server, say) {
    const startedAt = performance.now();
    await server.must('systemctl', 'stop', NODE);
    say(`stopped after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
    assert.deepEqual((await states(server, NODE)).slice(0, 3), ['inactive', 'success', '0']);
    assert.equal(server.weightOfB(), 0);
    await server.must('systemctl', 'start', NODE);
    await server.showTable();
    await untilMaster(server);
    assert.equal(server.weightOfB(), 0);
    assert.equal((await server.weir(['restore', 'logs/b'])).code, 0);
    await until(() => server.weightOfB() === 100, SEEN_WITHIN_MS, 'b to have its weight');
  },
};

const givenUp: Step = {
  name: 'a program that ends at each start is given up',
  async run(server, say) {
    const fails = '[Service]\nExecStart=\nExecStart=/bin/false\nRestartSec=50ms\n';
    await server.write(`/run/systemd/system/${NODE}.d/soon.conf`, fails);
    await server.must('systemctl', 'daemon-reload');
    await server.run('systemctl', 'restart', NODE);
    await until(async () => (await server.show(NODE, 'ActiveState')) === 'failed', 60_000, 'systemd to give it up');
    const starts = await server.show(NODE, 'NRestarts');
    say(`given up after ${starts} starts`);
    assert.ok(Number(starts) <= 20);
  },
};

const quiet: Step = {
  name: 'no secret is in the journal, nor where every user can ask',
  async run(server) {
    const shown = await server.must('systemctl', 'show', NODE, WORKER);
    for (const text of [await server.journal(), shown]) {
      for (const password of PASSWORDS) assert.ok(!text.includes(password));
    }
  },
};

const STEPS: readonly Step[] = [
  ...[withoutSecret, started, sandboxed, dump, drained, rotated, frozen, stopped, givenUp, quiet],
];

/** @throws Error at the first step that is not as its name says, with that. */
export async function runSteps(server: Server, print: (text: string) => void): Promise<void> {
  for (const { name, run } of STEPS) {
    const startedAt = performance.now();
    try {
      await run(server, (line) => print(line.replace(/^/gm, '    ')));
    } catch (error) {
      throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    print(`${name}: so it is (${((performance.now() - startedAt) / 1_000).toFixed(1)} s)`);
  }
}
