/** The last net: no text has a secret that this process has read. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { secret } from '../../src/config/secret.ts';
import { withoutSecrets } from '../../src/model/configuration/known-secrets.ts';
import { messageOf, WeirError } from '../../src/model/error.ts';

it('a secret that was read stands in no error', () => {
  secret('ours-SENTINEL-1');
  expect(messageOf(new Error('AUTH default ours-SENTINEL-1 failed'))).toBe('AUTH default [secret] failed');
  expect(new WeirError('system', 'with ours-SENTINEL-1').message).toBe('with [secret]');
});

it.each([
  ['as JSON writes it', 'pass"word\\SENTINEL', JSON.stringify({ a: 'pass"word\\SENTINEL' })],
  ['as a URL writes it', 'p@ss/SENTINEL', `redis://:${encodeURIComponent('p@ss/SENTINEL')}@h`],
  ['the password of a URL', 'smtp://ann:SENT%40INEL-2@mail.example', 'AUTH PLAIN ann SENT@INEL-2'],
  ['the path of a URL', 'https://hc.example/ping/SENTINEL-3', 'GET /ping/SENTINEL-3: 404'],
  ['the query of a URL', 'https://hc.example/?key=SENTINEL-4', 'no such key: SENTINEL-4'],
])('%s', (_, written, text) => {
  secret(written);
  expect(withoutSecrets(text)).not.toContain('SENT');
});

it('a short one is held back as a word, a shorter one is not known by any', () => {
  secret('abcdef');
  secret('redis');
  expect(withoutSecrets('abcdef in abcdefg')).toBe('[secret] in abcdefg');
  expect(withoutSecrets('redis://h')).toBe('redis://h');
});

it('whatever the secret is, no text around it lets it through', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 8, unit: 'binary' }), fc.string(), fc.string(), (text, before, after) => {
      secret(text);
      return !withoutSecrets(`${before} ${text} ${after}`).includes(text);
    }),
    // Each run makes one more that is searched for.
    { numRuns: 30 },
  );
});
