import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { memberOf, poolOf, restorableOf, scopeOf, targetOf } from '../../src/operations/lookup.ts';
import { silence } from '../../src/operations/requests/silences.ts';
import { poolYaml } from '../support/pool.ts';

const config = parseConfig({ file: 'weir.yaml', text: poolYaml(), env: {}, cwd: '/', root: true });

it.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString'])('%s is no name of anything', (name) => {
  expect(() => poolOf(config, name)).toThrow(`There is no pool ${name}`);
  expect(() => memberOf(config, name)).toThrow(`There is no member ${name}`);
  expect(() => memberOf(config, `logs/${name}`)).toThrow(`There is no member logs/${name}`);
  expect(() => memberOf(config, `${name}/b`)).toThrow(`There is no member ${name}/b`);
  expect(() => targetOf(config, name)).toThrow(/There is no/);
  expect(() => targetOf(config, `logs/${name}`)).toThrow(/There is no/);
  expect(() => scopeOf(config, name)).toThrow(/There is no/);
});

it('names that there are, are found', () => {
  expect(memberOf(config, 'logs/b')).toMatchObject({ member: 'b', pool: { name: 'logs' } });
  expect(targetOf(config, 'b')).toMatchObject({ target: 'b' });
});

it('of a member that was taken out of weir.yaml the error says what gives it back', () => {
  expect(restorableOf(config, 'logs/b')).toMatchObject({ member: 'b' });
  expect(() => restorableOf(config, 'logs/zz')).toThrow(
    /^There is no member logs\/zz.* `weir restore logs\/zz --local` there\.$/,
  );
});

it('a silence of nothing is refused before anybody is asked', () => {
  const nothing = { labels: {}, forMs: 1_000, reason: 'x' };
  expect(() => silence(config, nothing, { by: 'ann', via: 'terminal' })).toThrow('Say what is to be silenced');
});
