import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../../src/model/readings/client.ts';
import { isConsumer, localAddress, parseClientList } from '../../../src/observe/redis/client-list.ts';

/** CLIENT LIST of Redis 7.0.15 on a real server: logstash, a producer through the VIP, Weir's own connection. */
const LISTED = `id=3 addr=192.168.81.60:49028 laddr=192.168.81.51:6379 fd=8 name= age=900 idle=1 flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=0 qbuf-free=20448 argv-mem=10 multi-mem=0 rbs=16384 rbp=16384 obl=0 oll=0 omem=0 tot-mem=37658 events=r cmd=evalsha user=default redir=-1 resp=2
id=4 addr=192.168.81.156:50100 laddr=192.168.81.229:6379 fd=9 name=app=web age=60 idle=0 flags=N db=0 sub=0 psub=0 multi=-1 cmd=rpush user=default
id=5 addr=[fd00::51]:49100 laddr=[fd00::229]:6379 fd=10 name=weir age=5 idle=0 flags=N db=0 cmd=client|list user=default
`;

function client(parts: Partial<Client>): Client {
  return { id: '1', addr: '', laddr: '', name: '', command: '', idleSeconds: 0, ageSeconds: 0, ...parts };
}

describe('a list of clients', () => {
  it('says who came from where, to which address, and what they last did', () => {
    const clients = parseClientList(LISTED);

    expect(clients).toHaveLength(3);
    expect(clients[0]).toEqual({
      id: '3',
      addr: '192.168.81.60:49028',
      laddr: '192.168.81.51:6379',
      name: '',
      command: 'evalsha',
      idleSeconds: 1,
      ageSeconds: 900,
    });
  });

  it('keeps a name that has an equals sign in it', () => {
    expect(parseClientList(LISTED)[1]?.name).toBe('app=web');
  });

  it('of a Redis before 6.2 has no local addresses', () => {
    expect(parseClientList('id=3 addr=10.0.0.1:5 fd=8 name= age=9 idle=1 cmd=rpush\n')).toEqual([
      client({ id: '3', addr: '10.0.0.1:5', ageSeconds: 9, idleSeconds: 1, command: 'rpush' }),
    ]);
  });

  it('passes over lines that are no client', () => {
    expect(parseClientList('')).toEqual([]);
    expect(parseClientList('\n# nothing\naddr=1.2.3.4:5 laddr=\n=\n')).toEqual([]);
  });

  it('is read whatever it holds, and never with a number that is none', () => {
    const part = fc.constantFrom(
      'id=',
      'id=7',
      'age=x',
      'idle=-',
      'age=1e999',
      ' ',
      '=',
      'cmd=',
      '\n',
      '\r\n',
      'laddr==',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part, { maxLength: 30 }).map((all) => all.join(' ')),
        ),
        (text) => {
          for (const one of parseClientList(text)) {
            expect(Number.isNaN(one.ageSeconds) || Number.isNaN(one.idleSeconds)).toBe(false);
          }
        },
      ),
    );
  });

  it('gives back every client that was listed', () => {
    const word = fc.stringMatching(/^[!-<>-~]{1,12}$/);
    const listed = fc.array(
      fc.record({
        id: fc.nat().map(String),
        addr: word,
        laddr: word,
        name: word,
        command: word,
        idleSeconds: fc.nat(),
        ageSeconds: fc.nat(),
      }),
    );
    fc.assert(
      fc.property(listed, (clients) => {
        const lines = clients.map(
          (one) =>
            `id=${one.id} addr=${one.addr} laddr=${one.laddr} fd=8 name=${one.name} age=${one.ageSeconds} idle=${one.idleSeconds} cmd=${one.command} user=default\n`,
        );

        expect(parseClientList(lines.join(''))).toEqual(clients);
      }),
    );
  });
});

describe('a consumer', () => {
  it.each([
    ...['evalsha', 'eval', 'fcall', 'blpop', 'brpop', 'lpop', 'rpop', 'lmpop', 'blmpop', 'blmove', 'lmove'],
    ...['rpoplpush', 'brpoplpush', 'ltrim', 'RPOPLPUSH'],
  ])('is who took with %s', (command) => {
    expect(isConsumer(client({ command }))).toBe(true);
  });

  it.each(['rpush', 'lpush', 'linsert', 'lrange', 'exec', 'info', 'client|list', 'ping', 'NULL', ''])(
    'is not who last did %j',
    (command) => {
      expect(isConsumer(client({ command }))).toBe(false);
    },
  );

  it('is told from the first of a command’s two words', () => {
    expect(isConsumer(client({ command: 'fcall|x' }))).toBe(true);
    expect(isConsumer(client({ command: 'x|fcall' }))).toBe(false);
  });
});

describe('the local address of who came through the VIP', () => {
  it('is address:port', () => {
    expect(localAddress('192.168.81.229', 6379)).toBe(parseClientList(LISTED)[1]?.laddr);
  });

  it.each(['fd00::229', 'FD00:0:0:0::229'])('has IPv6 in brackets, in its short form: %s', (address) => {
    expect(localAddress(address, 6379)).toBe(parseClientList(LISTED)[2]?.laddr);
  });
});
