import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { secret } from '../../src/config/secret.ts';
import { createLogger, type LogForm } from '../../src/lib/log.ts';

function logger(form: LogForm = 'json') {
  const stream = new PassThrough();
  const log = createLogger({ role: 'worker', form, destination: stream });
  return { log, read: () => String(stream.read()) };
}

it('a line is JSON: a level by name, the role, a static message and fields', () => {
  const { log, read } = logger();
  log.info({ pool: 'logs', tookMs: 12 }, 'evaluated');
  expect(JSON.parse(read())).toMatchObject({
    level: 'info',
    role: 'worker',
    msg: 'evaluated',
    pool: 'logs',
    tookMs: 12,
  });
});

it('secrets are left out, at every depth that a line has', () => {
  const { log, read } = logger();
  log.info(
    {
      token: 'S3CRET',
      tell: { slack: { token: 'S3CRET' } },
      redis: { password: 'S3CRET' },
      headers: { authorization: 'S3CRET', cookie: 'S3CRET' },
    },
    'x',
  );
  const line = read();
  expect(line).not.toContain('S3CRET');
  expect(line.match(/\[secret\]/g)).toHaveLength(5);
});

it('an error of ioredis does not bring the password of its AUTH along', async () => {
  const { log, read } = logger();
  const error = Object.assign(new Error('WRONGPASS'), {
    command: { name: 'auth', args: ['S3CRET'] },
    code: 'ERR',
    cause: new Error('why'),
  });
  log.warning({ err: error }, 'no login');
  const line = read();
  expect(line).not.toContain('S3CRET');
  expect(JSON.parse(line).err).toEqual({ name: 'Error', message: 'WRONGPASS', code: 'ERR', cause: 'why' });
});

it('for a person it is one plain line', () => {
  const { log, read } = logger('text');
  log.warning({ pool: 'logs', title: 'a\u001b[2J\nb' }, 'told nobody');
  expect(read()).toMatch(/^\d\d:\d\d:\d\d warning worker: told nobody pool=logs title=a \[2J b\n$/);
});

it('for journald it begins with its priority, and has no time', () => {
  const { log, read } = logger('journal');
  log.error({ error: new Error('it\nbroke'), pool: 'logs' }, 'poll failed');
  log.warning('w');
  log.notice('n');
  log.info('i');
  expect(read()).toBe('<3>worker: poll failed error=it broke pool=logs\n<4>worker: w\n<5>worker: n\n<6>worker: i\n');
});

it.each(['json', 'text', 'journal'] as const)('a secret that was read stands in no line, form %s', (form) => {
  const { log, read } = logger(form);
  secret('se"cret-SENTINEL');
  log.error(
    { error: new Error('AUTH se"cret-SENTINEL'), deep: { er: { still: 'se"cret-SENTINEL' } } },
    'se"cret-SENTINEL',
  );
  const line = read();
  expect(line).not.toContain('SENTINEL');
  expect(line.match(/\[secret\]/g)).toHaveLength(3);
});
