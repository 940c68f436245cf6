import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createLogger } from '../../src/lib/log.ts';

function logger(pretty = false) {
  const stream = new PassThrough();
  const log = createLogger({ role: 'worker', pretty, destination: stream });
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
  log.warn({ err: error }, 'no login');
  const line = read();
  expect(line).not.toContain('S3CRET');
  expect(JSON.parse(line).err).toEqual({ name: 'Error', message: 'WRONGPASS', code: 'ERR', cause: 'why' });
});

it('for a person it is one plain line', () => {
  const { log, read } = logger(true);
  log.warn({ pool: 'logs', title: 'a\u001b[2J\nb' }, 'told nobody');
  expect(read()).toMatch(/^\d\d:\d\d:\d\d warn {2}worker: told nobody pool=logs title=a \[2J b\n$/);
});
