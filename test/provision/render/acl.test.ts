import { describe, expect, it } from 'vitest';
import { secret } from '../../../src/config/secret.ts';
import type { PoolConfig } from '../../../src/model/configuration/config.ts';
import { aclRules, featuresOf, needsOf } from '../../../src/provision/render/acl.ts';
import { aclText } from '../../../src/provision/render/acl-text.ts';
import { poolOf } from '../../support/pool.ts';

const logs = poolOf();
const as = (redis: Partial<PoolConfig['redis']>, queues = logs.queues): PoolConfig => ({
  ...logs,
  queues,
  redis: { ...logs.redis, probe: 'write', ...redis },
});

describe('the line of weir acl', () => {
  it('has what Weir needs, and the place of a password', () => {
    const { line, remarks } = aclText(as({ username: 'weir', password: secret('geheim') }));

    expect(line).toBe(
      'ACL SETUSER weir reset on <PASSWORD> %R~logstash %W~weir:probe* +info +llen +client|setname +linsert +client|list +client|kill +config|get +role +time',
    );
    expect(`${line}${remarks.join()}`).not.toContain('geheim');
  });

  it('has less where weir.yaml or --features say so, and says what is lost', () => {
    const read = aclText(as({ probe: 'read' }));
    expect(read.line).not.toMatch(/linsert|probe/);
    expect(read.remarks).toContain(
      'Left out is probe, by which Weir asks with every poll whether a push would be taken.',
    );

    expect(aclText(as({}), '').line).toMatch(/ %R~logstash \+info \+llen \+client\|setname$/);
    expect(aclText(as({}), 'moving, probe').line).toMatch(
      / %W~weir:probe\* \+info \+llen \+client\|setname \+linsert \+client\|list \+client\|kill$/,
    );
  });

  it('names a user of its own, and never that of everybody', () => {
    for (const redis of [{}, { username: 'default' }]) {
      const { line, remarks } = aclText(as(redis));

      expect(line).toMatch(/^ACL SETUSER weir reset /);
      expect(remarks).toContainEqual(expect.stringMatching(/give it redis: \{username: weir, password: \$NAME\}/));
    }
  });

  it('chooses a database where the queues are in another one', () => {
    expect(aclText(as({ database: 3 })).line).toMatch(/ \+llen \+select /);
  });

  it.each([
    ['logs-*', '%R~logs-\\*'],
    ['a[1]?', '%R~a\\[1\\]\\?'],
    ['back\\slash', '%R~back\\\\slash'],
    ['two words', '%R~two?words'],
    ['a"b\'c', '%R~a?b?c'],
    ['größe', '%R~größe'],
  ])('takes the key %s for itself', (queue, rule) => {
    expect(aclRules(as({}, [queue]), [])).toContain(rule);
  });

  it.each([
    ['movin', '--features: there is no "movin": did you mean "moving"?'],
    ['all', '--features: there is no "all", expected some of probe, consumers, moving, settings, doctor'],
  ])('knows no feature %s', (words, message) => {
    expect(() => aclText(as({}), words)).toThrow(message);
  });

  it('grants nothing that no feature uses', () => {
    expect(needsOf(as({}), []).map(({ command }) => command)).toEqual(['info', 'llen', 'client|setname']);
    expect(needsOf(as({}), featuresOf(as({}))).length).toBe(9);
  });
});
