/** What an unprivileged user, or root, of one node does on its machine. */

import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { appendAudit, readAudit } from '../../../src/broker/audit.ts';
import { readPoolState } from '../../../src/operations/stored.ts';
import { POOL } from '../../chaos/bench/yaml.ts';
import { until } from '../../until.ts';
import { heldUnless, notRun, type PoolAttack } from '../attack.ts';
import { KEYS } from '../forge.ts';
import { honestDrain, stateFile } from '../pool.ts';

/** A node remembers what has stood in the broker for a minute, and looks every minute. In ms. */
const REMEMBERED_WITHIN_MS = 150_000;

const fifo: PoolAttack = {
  of: 'M3',
  tries: 'a FIFO in the place of keepalived’s dump',
  mode: 'require',
  async run({ bench }) {
    const { files } = bench.directors.a;
    await bench.directors.a.keepalived.kill('SIGSTOP');
    await rm(files.dump_file, { force: true });
    execFileSync('mkfifo', [files.dump_file]);
    const from = Date.now();
    await sleep(3_000);
    const heard = async () => ((await readPoolState(bench.redis, POOL))?.state?.sweeps.a?.at ?? 0) > from + 1_000;
    const goesOn = await until(heard, 15_000, 'a sweep of a').catch(() => false);
    await rm(files.dump_file);
    await bench.directors.a.keepalived.kill('SIGCONT');
    await bench.calm(60_000);
    return heldUnless(
      goesOn !== true,
      goesOn === true ? 'the node goes on to send sweeps' : 'the node is not seen any more',
    );
  },
};

const environment: PoolAttack = {
  of: 'L4',
  tries: 'what keepalived --signum gets of the node’s environment',
  mode: 'require',
  async run({ bench, restart }) {
    const program = join(bench.directors.a.bin, 'keepalived');
    const seen = join(bench.dir, 'environment-of-keepalived');
    const own = await readFile(program, 'utf8');
    await rename(program, `${program}.own`);
    await writeFile(program, `#!/bin/sh\nenv > '${seen}'\nexec '${program}.own' "$@"\n`, { mode: 0o755 });
    process.env.WEIR_ATTACK_SECRET = 's3cret-of-the-node';
    await restart('a');
    delete process.env.WEIR_ATTACK_SECRET;
    const text = await readFile(seen, 'utf8').catch(() => '');
    await rename(`${program}.own`, program);
    await writeFile(program, own, { mode: 0o755 });
    await bench.calm(60_000);
    if (text === '') return notRun('keepalived was not asked for its signal');
    const names = text
      .split('\n')
      .map((line) => line.split('=')[0])
      .filter(Boolean);
    return heldUnless(text.includes('s3cret'), `${names.join(', ')}: no secret`);
  },
};

const modes: PoolAttack = {
  of: 'held: files',
  tries: 'files of a node that others may read; a record of its audit is changed',
  mode: 'require',
  async run(pool) {
    const { bench } = pool;
    await honestDrain(pool);
    const dir = stateFile(bench, 'a');
    const names = readdirSync(dir, { recursive: true })
      .map(String)
      .filter((name) => !/\.sock$|^node\.pid$/.test(name));
    const open = names.filter(
      (name) => (statSync(join(dir, name)).mode & 0o077) !== 0 && statSync(join(dir, name)).isFile(),
    );
    const file = stateFile(bench, 'a', 'audit', `${POOL}.jsonl`);
    const whole = await readFile(file, 'utf8');
    await writeFile(file, whole.replace('"by":"person:', '"by":"person:x'));
    const { code, text } = await pool.host.weir(['audit', 'verify', '-c', pool.config('a')]);
    await writeFile(file, whole);
    const found =
      text
        .split('\n')
        .find((line) => line.includes('changed'))
        ?.trim() ?? 'not found';
    return heldUnless(open.length > 0 || code === 0, `readable by others: ${open.join(', ') || 'none'}; ${found}`);
  },
};

const cutInTheFile: PoolAttack = {
  of: 'L7',
  tries: 'the last records are cut from the end of a node’s audit file',
  mode: 'require',
  async run({ bench, host, config }) {
    const file = stateFile(bench, 'a', 'audit', `${POOL}.jsonl`);
    const whole = await readFile(file, 'utf8');
    const lines = whole.trimEnd().split('\n');
    await until(
      async () => (await readAudit(bench.redis, POOL)).some(({ hash }) => lines.at(-1)?.includes(hash)),
      10_000,
      'the copy',
    );
    await writeFile(file, `${lines.slice(0, -2).join('\n')}\n`);
    const { code, text } = await host.weir(['audit', 'verify', '-c', config('a')]);
    await writeFile(file, whole);
    const found = text
      .split('\n')
      .find((line) => line.includes('cut off'))
      ?.trim();
    return heldUnless(code === 0 || found === undefined, found ?? 'unbroken');
  },
};

const cutInBoth: PoolAttack = {
  of: 'L7',
  tries: 'the same in the file, in the broker and in its count, by root of the node with the broker’s password',
  mode: 'require',
  async run({ bench, host, config }) {
    const file = stateFile(bench, 'a', 'audit', `${POOL}.jsonl`);
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    const last = JSON.parse(lines.at(-1) ?? '{}') as { readonly writer: string; readonly seq: number };
    const remembered = async () => {
      const state = (await readPoolState(bench.redis, POOL))?.state;
      return state?.sweeps.b?.auditHeads?.[last.writer]?.seq === last.seq;
    };
    await until(remembered, REMEMBERED_WITHIN_MS, `b to remember record ${last.seq} of a`, 1_000);
    // The node would copy it again: it is stopped, as root may.
    await bench.node('a').kill('SIGTERM');
    await writeFile(file, `${lines.slice(0, -2).join('\n')}\n`);
    const kept = (await readAudit(bench.redis, POOL)).filter(
      ({ writer, seq }) => writer !== last.writer || seq < last.seq - 1,
    );
    await bench.redis.del(KEYS.audit, KEYS.auditHeads);
    for (const record of kept) await bench.redis.xadd(KEYS.audit, '*', 'r', JSON.stringify(record));
    await appendAudit(bench.redis, POOL, last.writer, []);
    await bench.redis.hset(KEYS.auditHeads, last.writer, last.seq - 2);
    const { code, text } = await host.weir(['audit', 'verify', '-c', config('a')]);
    const found = text
      .split('\n')
      .find((line) => line.includes('node b knows'))
      ?.trim();
    return heldUnless(code === 0 || found === undefined, found ?? text);
  },
};

/** The last one leaves node a stopped and its audit cut. */
export const NODE_ATTACKS: readonly PoolAttack[] = [fifo, environment, cutInTheFile, cutInBoth];

/** It leaves records in the audit, which nodes remember after a minute: it comes early. */
export const RECORD_ATTACKS: readonly PoolAttack[] = [modes];
