/** Who somebody at a terminal says that he is, and what a terminal is made to obey. */

import { hostname } from 'node:os';
import { type HostAttack, heldUnless, type PoolAttack } from '../attack.ts';
import { waitingDrain } from '../pool.ts';
import { controlCharactersIn, ESCAPES, startRefusingBroker } from '../tools/escapes.ts';

const ownRequest: PoolAttack = {
  of: 'M1',
  tries: 'one’s own request approved under another name: $SUDO_USER, another host name',
  mode: 'require',
  async run(pool) {
    const { bench, weir } = pool;
    const id = await waitingDrain(pool);
    const plain = await weir(['approve', id]);
    const sudo = await weir(['approve', id], { env: { SUDO_USER: 'U0APPROVER', USER: 'ann', LOGNAME: 'ann' } });
    const isRoot = process.getuid?.() === 0;
    const before = ['unshare', '-u', 'sh', '-c', `hostname other-${hostname()}; exec "$@"`, 'sh'];
    const host = isRoot ? await weir(['approve', id], { before }) : undefined;
    const waits = (await bench.status()).waiting?.some((one) => one.id === id);
    await weir(['deny', id]);
    await bench.calm(60_000);
    const said = [plain, sudo, ...(host === undefined ? [] : [host])].map(({ text }) => text.trim().split('\n')[0]);
    return heldUnless(!waits, `still waits; ${said.at(-1)}`);
  },
};

const escapes: HostAttack = {
  of: 'L2',
  tries: 'escape sequences in what a broker refuses with, in a rule file and in what was typed',
  async run(host) {
    const broker = await startRefusingBroker();
    host.ends(() => broker.stop());
    const { path } = await host.config('escapes', { broker: `{url: "redis://127.0.0.1:${broker.port}"}` });
    const rules = await host.file('escapes/x.yaml', `version: 1\nrules:\n  - name: "\u009b31m owned"\n    wehn: x\n`);
    const commands = [
      ['status', '-c', path],
      ['drain', 'logs/b', '--reason', 'x', '-c', path],
      ['silence', 'list', '-c', path],
      ['ack', 'logs-1', '-c', path],
      ['rules', 'check', rules],
      [`owned${ESCAPES}`],
    ];
    const printed: string[] = [];
    for (const args of commands) printed.push((await host.weir(args)).text);
    const left = printed.flatMap(controlCharactersIn);
    const reached = printed.filter((text) => text.includes('owned')).length;
    return heldUnless(
      left.length > 0 || reached === 0,
      `${commands.length} commands, ${left.length} control characters`,
    );
  },
};

export const TERMINAL_ATTACKS: readonly PoolAttack[] = [ownRequest];
export const ESCAPE_ATTACKS: readonly HostAttack[] = [escapes];
