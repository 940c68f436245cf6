import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { appendFile, chmod, mkdir, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../../lab/free-port.ts';
import {
  type EmbeddedBroker,
  type EmbeddedBrokerOptions,
  embeddedBrokerPath,
  startEmbeddedBroker,
} from '../../../src/broker/embedded/embedded.ts';
import { brokerSettings } from '../../../src/broker/embedded/embedded-settings.ts';
import type { Secret } from '../../../src/model/configuration/secret.ts';
import { tempDir } from '../../support/temp-dir.ts';

const log = { warning: () => {} };
const secret = (text: string): Secret => ({ reveal: () => text });
let stateDir: string;
const running: EmbeddedBroker[] = [];

beforeEach(async () => {
  stateDir = await tempDir();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((broker) => broker.stop()));
});

async function start(options: Omit<EmbeddedBrokerOptions, 'stateDir' | 'log'> = {}): Promise<EmbeddedBroker> {
  const broker = await startEmbeddedBroker({ stateDir, log, ...options });
  running.push(broker);
  return broker;
}

/** Runs `work` with these programs first in PATH. */
async function withPrograms(programs: Readonly<Record<string, string>>, work: () => Promise<void>): Promise<void> {
  const before = process.env.PATH;
  // Redis' user walks to it too.
  const folder = await tempDir();
  await chmod(folder, 0o755);
  for (const [name, text] of Object.entries(programs)) await writeFile(join(folder, name), text, { mode: 0o755 });
  process.env.PATH = `${folder}:${before}`;
  try {
    await work();
  } finally {
    process.env.PATH = before;
  }
}

/** One command on a connection of its own. */
async function command(target: string | number, password: string | undefined, ...args: [string, ...string[]]) {
  const options = { ...(password === undefined ? {} : { password }), maxRetriesPerRequest: 0, lazyConnect: true };
  const redis = typeof target === 'string' ? new Redis(target, options) : new Redis(target, '127.0.0.1', options);
  redis.on('error', () => {}); // The command itself fails with it.
  try {
    return await redis.call(...args);
  } finally {
    redis.disconnect();
  }
}

const incrementFile = () => {
  const folder = join(stateDir, 'broker', 'appendonlydir');
  const name = readdirSync(folder).find((entry) => entry.endsWith('.incr.aof'));
  return join(folder, name as string);
};

describe('the embedded broker', () => {
  it('answers on a private socket, never evicts, keeps everything, and has no TCP port', async () => {
    const broker = await start();

    expect(broker.path).toBe(embeddedBrokerPath(stateDir));
    const setting = async (name: string) => {
      const reply = await command(broker.path, undefined, 'CONFIG', 'GET', name);
      return Array.isArray(reply) ? reply[1] : Object.values(reply as object)[0]; // RESP2 or RESP3
    };
    expect(await setting('maxmemory-policy')).toBe('noeviction');
    expect(await setting('appendonly')).toBe('yes');
    expect(await setting('appendfsync')).toBe('everysec');
    expect(await setting('port')).toBe('0');
    expect((await stat(join(stateDir, 'broker'))).mode & 0o777).toBe(0o700);
    expect((await stat(broker.path)).mode & 0o777).toBe(0o700);
  });

  it('keeps what it was given over a stop and a start, and says that a stop was a stop', async () => {
    const first = await start();
    await command(first.path, undefined, 'SET', 'lease', 'b');
    await first.stop();

    expect(await first.ended).toBeUndefined();
    const second = await start();
    expect(await command(second.path, undefined, 'GET', 'lease')).toBe('b');
  });

  it('tells when redis-server ends by itself', async () => {
    const broker = await start();

    process.kill(broker.pid, 'SIGKILL');

    expect(await broker.ended).toMatch(/^The embedded broker ended by SIGKILL: its last line was ".+"\.$/);
  });

  it('listens for other nodes, with the password on the socket too', async () => {
    const password = 'a "quoted" \\ pass # wörd';
    const port = await freePort();

    const broker = await start({ listen: `127.0.0.1:${port}`, password: secret(password) });

    expect(await command(port, password, 'PING')).toBe('PONG');
    expect(await command(broker.path, password, 'PING')).toBe('PONG');
    await expect(command(port, undefined, 'PING')).rejects.toThrow('NOAUTH');
    await expect(command(broker.path, undefined, 'PING')).rejects.toThrow('NOAUTH');
  });

  it('hands redis-server no secret by argument or environment', async () => {
    // Redis overwrites what ps would show of both once it runs, so look at what it was started with.
    const seen = join(stateDir, 'broker', 'seen');
    const wrapper = `#!/bin/sh\n{ printf '%s\\n' "$@"; env; } > seen\nexec /usr/bin/redis-server "$@"\n`;
    await withPrograms({ 'redis-server': wrapper }, async () => {
      process.env.WEIR_TEST_SECRET = 'token-7';
      await start({ password: secret('word-7') });
    }).finally(() => delete process.env.WEIR_TEST_SECRET);

    const text = readFileSync(seen, 'utf8');
    expect(text).toContain('LC_ALL=C');
    expect(text).not.toMatch(/word-7|token-7/);
  });

  it('takes any password as it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1 }), async (password) => {
        const broker = await startEmbeddedBroker({ stateDir, log, password: secret(password) });
        try {
          return (await command(broker.path, password, 'PING')) === 'PONG';
        } finally {
          await broker.stop();
        }
      }),
      { numRuns: 10, examples: [['a\nport 6379'], ["'"], ['\\x41'], [' ']] },
    );
  });

  it('starts where a killed one left its socket behind', async () => {
    const first = await start();
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    expect(existsSync(first.path)).toBe(true);

    const second = await start();

    expect(await command(second.path, undefined, 'PING')).toBe('PONG');
  });

  it('a second Weir on the same state_dir is refused, and the first one goes on', async () => {
    const first = await start();

    await expect(start()).rejects.toThrow(/^Another Weir uses .*\/broker .* state_dir of its own\.$/);

    expect(await command(first.path, undefined, 'PING')).toBe('PONG');
  });
});

describe.runIf(process.getuid?.() === 0)('where Weir is root', () => {
  const ownerOf = async (path: string) => (await stat(path)).uid;
  const asRedis = (command: string) =>
    promisify(execFile)('setpriv', ['--reuid=redis', '--regid=redis', '--clear-groups', 'sh', '-c', command], {
      cwd: join(stateDir, 'broker'),
    });

  it("gives the broker's user nothing that is behind a link which that user has put into its folder", async () => {
    const others = await tempDir();
    await mkdir(join(others, 'deep'));
    await writeFile(join(others, 'deep', 'of-root'), 'x');
    const first = await start();
    await asRedis(
      `ln -s ${others} evil && ln -s ${others}/deep/of-root file && rm -f lock && ln -s ${others}/made lock`,
    );
    await first.stop();
    await start();
    expect(await ownerOf(others)).toBe(0);
    expect(await ownerOf(join(others, 'deep', 'of-root'))).toBe(0);
    expect(readdirSync(others)).toEqual(['deep']);
  });

  it('walks through no link either where the folder is still of root, as an older version left it', async () => {
    const others = await tempDir();
    await writeFile(join(others, 'of-root'), 'x');
    await mkdir(join(stateDir, 'broker'));
    await symlink(others, join(stateDir, 'broker', 'evil'));
    await start();
    expect(await ownerOf(join(others, 'of-root'))).toBe(0);
  });

  it('does nothing in a state_dir in which somebody else may write', async () => {
    const others = await tempDir();
    await chmod(others, 0o755);
    await symlink(others, join(stateDir, 'broker'));
    await chmod(stateDir, 0o777);
    await expect(start()).rejects.toThrow(`chmod go-w ${stateDir}`);
    expect((await stat(others)).mode & 0o777).toBe(0o755);
    expect(readdirSync(others)).toEqual([]);
  });
});

describe('a broker that cannot start', () => {
  it('says so when redis-server is not installed', async () => {
    const alone = { flock: '', setpriv: '' };

    await withPrograms(alone, async () => {
      process.env.PATH = process.env.PATH?.split(':')[0];
      await expect(start()).rejects.toThrow(
        /^There is no redis-server in PATH.*install redis-server, or name a broker/,
      );
    });
  });

  it('names the damaged append-only file and the way out; a cut last command is no damage', async () => {
    const first = await start();
    for (const key of ['one', 'two', 'three']) await command(first.path, undefined, 'SET', key, 'value');
    await first.stop();
    const size = (await stat(incrementFile())).size;
    await truncate(incrementFile(), size - 5);

    const second = await start();
    expect(await command(second.path, undefined, 'EXISTS', 'one', 'two', 'three')).toBe(2);
    await second.stop();

    await appendFile(incrementFile(), 'no command at all\r\n*1\r\n$4\r\nPING\r\n');
    await expect(start()).rejects.toThrow(/cannot read what it kept in .*"Bad file format.*redis-check-aof --fix/);
  });

  it('says which address is taken', async () => {
    const port = await freePort();
    const holder = createServer().listen(port, '127.0.0.1');
    await once(holder, 'listening');
    try {
      await expect(start({ listen: `127.0.0.1:${port}`, password: secret('x') })).rejects.toThrow(
        /did not start: .*port/i,
      );
    } finally {
      holder.close();
    }
  });

  it('refuses a socket path that Linux cannot take, naming state_dir', () => {
    const path = embeddedBrokerPath(`/${'x'.repeat(100)}`);

    expect(() => brokerSettings(path)).toThrow(/^state_dir is too long: .* 119 bytes and Linux takes 107;/);
  });

  it('opens nothing without a password', () => {
    const settings = (listen: string, password?: Secret) => brokerSettings('/s', listen, password);

    for (const listen of ['0.0.0.0:6390', '192.168.81.51:6390', '[::]:6390', '127.0.0.1:6390', '*:6390']) {
      expect(() => settings(listen)).toThrow(/without broker.password/);
    }
    expect(() => settings('6390')).toThrow(/expected host:port/);
    expect(() => settings('a:70000')).toThrow(/expected host:port/);
    expect(settings('[::1]:6390', secret('x'))).toContain('bind "::1"\nport 6390\n');
  });

  it('does nothing that would take it over, open it, end it or empty it, whoever has the password', async () => {
    const broker = await start({ password: secret('x') });
    const refused: [string, ...string[]][] = [
      ...(['CONFIG SET bind *', 'CONFIG REWRITE', 'ACL SETUSER eve on nopass +@all', 'REPLICAOF 127.0.0.1 1'] as const),
      ...(['SLAVEOF 127.0.0.1 1', 'MODULE LIST', 'SHUTDOWN NOSAVE', 'FLUSHALL', 'FLUSHDB'] as const),
    ].map((text) => text.split(' ') as [string, ...string[]]);
    for (const words of refused) {
      await expect(command(broker.path, 'x', ...words), words.join(' ')).rejects.toThrow(/NOPERM/);
    }
    expect(await command(broker.path, 'x', 'PING')).toBe('PONG');
  });

  it.runIf(process.getuid?.() === 0)(
    'runs as a user of its own where Weir is root, on old files of root too',
    async () => {
      const first = await start();
      await command(first.path, undefined, 'SET', 'lease', 'b');
      await first.stop();
      await promisify(execFile)('chown', ['-R', 'root:root', join(stateDir, 'broker')]);
      const broker = await start();
      expect(await command(broker.path, undefined, 'GET', 'lease')).toBe('b');
      const status = readFileSync(`/proc/${broker.pid}/status`, 'utf8');
      const redis = /^redis:[^:]*:(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[1];
      expect(status).toMatch(new RegExp(`^Uid:\\s+${redis}\\s+${redis}\\s+${redis}`, 'm'));
      expect(status).toMatch(/^Groups:\s*$/m);
      expect(status).toMatch(/^CapEff:\s+0+$/m);
      expect((await stat(stateDir)).mode & 0o777).toBe(0o700);
    },
  );
});

it('redis-server ends in good order when Weir is killed', { timeout: 60_000 }, async () => {
  // A process of its own that can be killed; Node 20 runs no TypeScript, so the module is compiled first.
  const out = join(stateDir, 'compiled');
  const root = join(import.meta.dirname, '../../..');
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [
    ...[
      tsc,
      '--ignoreConfig',
      join(root, 'src/broker/embedded/embedded.ts'),
      '--outDir',
      out,
      '--rootDir',
      join(root, 'src'),
    ],
    ...['--module', 'nodenext', '--target', 'es2023', '--rewriteRelativeImportExtensions', '--skipLibCheck'],
    ...['--strict', '--types', 'node', '--typeRoots', join(root, 'node_modules/@types')],
  ]);
  await writeFile(join(out, 'package.json'), '{"type":"module"}');
  const script = `import { startEmbeddedBroker } from ${JSON.stringify(join(out, 'broker/embedded/embedded.js'))};
    const log = { warning() {} };
    const broker = await startEmbeddedBroker({ stateDir: ${JSON.stringify(stateDir)}, log });
    process.stdout.write(String(broker.pid)); setInterval(() => {}, 1000);`;
  const weir = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [chunk] = await once(weir.stdout, 'data');
  const pid = Number(chunk.toString());
  await command(embeddedBrokerPath(stateDir), undefined, 'SET', 'decision', '1');

  weir.kill('SIGKILL');

  await expect.poll(() => isAlive(pid), { timeout: 50_000 }).toBe(false);
  const next = await start();
  expect(await command(next.path, undefined, 'GET', 'decision')).toBe('1');
});

/** A zombie that nobody reaps is not alive. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
