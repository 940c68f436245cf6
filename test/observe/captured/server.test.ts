import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultIn } from '../../../src/observe/captured/json-fault.ts';
import { infoAnswers, parseServer } from '../../../src/observe/captured/server.ts';

const REST = { thenCloses: false, silentOn: [], closesOn: [] };

describe('a server by its answers', () => {
  it('is one reply of INFO', () => {
    expect(infoAnswers('role:master\r\n')).toEqual({
      ...REST,
      everyMs: 1_000,
      polls: 1,
      replies: { INFO: ['role:master\r\n'] },
    });
  });

  it('is polls in series, and what else it answers to each of them', () => {
    const text = JSON.stringify({
      everyMs: 500,
      polls: [['role:master', 'a:1'], ['a:2']],
      replies: { LLEN: [':1', ':2', ':3'] },
    });

    expect(parseServer('x', text)).toEqual({
      ...REST,
      ...{ everyMs: 500, polls: 3, replies: { INFO: ['role:master\r\na:1', 'a:2'], LLEN: [':1', ':2', ':3'] } },
    });
  });

  it('is fields that stay and series that change, of which one may be shorter', () => {
    const text = JSON.stringify({ fields: { role: 'master' }, series: { used: [1, 2], loading: [1] } });

    expect(parseServer('x', text).replies).toEqual({
      INFO: ['role:master\r\nused:1\r\nloading:1', 'role:master\r\nused:2'],
    });
  });

  it('is what it says to everybody, or that it says nothing', () => {
    expect(parseServer('x', '{"onConnect": "-ERR no\\r\\n", "thenCloses": true}')).toMatchObject({
      onConnect: '-ERR no\r\n',
      polls: 1,
    });
    expect(parseServer('x', '{"silentOn": "INFO", "password": null}')).toMatchObject({
      silentOn: ['INFO'],
      replies: {},
    });
  });

  it.each([
    ['no JSON', '{"polls": [\n  oops]}', /^x:2:3 this is no JSON: "o" is not expected here\.$/],
    ['half a JSON', '{"polls": [', /^x:1:12 this is no JSON: it ends too early\.$/],
    ['nothing at all', '{}', /^x:1:1 this server answers nothing, expected "polls"/],
    ['no answer', '{"replies": {"LLEN": 3}}', /^x:1:22 replies\.LLEN is 3, expected an answer: text/],
    ['polls that are no lists', '{"polls": ["role:master"]}', /^x:1:12 polls\[0\] is "role:master", expected a list$/],
    ['polls that never end', '{"everyMs": 0, "polls": [[]]}', /^x:1:13 everyMs is 0, expected 1 ms or more$/],
  ])('%s is one line with its place', (_, text, sentence) => {
    expect(() => parseServer('x', text)).toThrow(sentence);
  });
});

describe('where a text stops to be JSON', () => {
  it('is nowhere in JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(0, 1, 2), (json, indent) => {
        const text = JSON.stringify(JSON.parse(json), null, indent);
        expect(faultIn(text)).toBe(text.length);
      }),
    );
  });

  it('is at what was put in', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), fc.nat(), (json, where) => {
        const at = where % (json.length + 1);
        const text = `${json.slice(0, at)}\u0001${json.slice(at)}`;
        expect(faultIn(text)).toBeLessThanOrEqual(at);
      }),
    );
  });

  it('is at a control character where JSON allows none in a text', () => {
    for (let code = 0; code < 0xa1; code++) {
      const text = `"a${String.fromCharCode(code)}"`;
      const isJson = code > 0x1f && !'"\\'.includes(text[2] as string);
      // JSON.parse is the judge.
      if (isJson) expect(JSON.parse(text)).toBe(text.slice(1, -1));
      else expect(() => JSON.parse(text)).toThrow();
      expect(faultIn(text) === text.length).toBe(isJson);
    }
  });

  it.each([
    ['{"a": 1,}', 8],
    ['[1 2]', 3],
    ['{"a" 1}', 5],
    ['[1}', 2],
    ['{,}', 1],
    ['01', 1],
    ['{"a": tru}', 6],
    ['"a', 0],
    ['', 0],
  ])('%s', (text, at) => {
    expect(faultIn(text)).toBe(at);
  });
});
