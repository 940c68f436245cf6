import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTable, type TableRow } from '../../../lab/pool/table.ts';
import { REDIS_PORT, VIP } from '../../../lab/pool/topology.ts';

/** Printed by Linux 6.1; a also has services that are not the pool's. */
const PROC = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
UDP  C0A851E5:18EB wrr  
  -> C0A851EA:18EB      Route   1      0          0         
TCP  C0A851E5:18EB wrr  
  -> C0A851EA:18EB      Route   100    3          17        
  -> C0A85133:18EB      Local   0      4          0         
TCP  C0A851E5:18EC wrr  
  -> C0A851EA:18EC      Route   2      0          0         
FWM  00000001 wrr  
  -> C0A85133:18EB      Route   3      0          0         
TCP  [fd00:0000:0000:0000:0000:0000:0000:0229]:18EB wrr  
  -> [fd00:0000:0000:0000:0000:0000:0000:0051]:18EB      Route   4      0          0         
`;

const read = (text: string) => parseTable(text, { address: VIP, port: REDIS_PORT });

/** An IPv4 address or a port as the kernel prints it. */
const hex = (number: number, digits: number) => number.toString(16).toUpperCase().padStart(digits, '0');
const hexAddress = (address: string) =>
  address
    .split('.')
    .map((byte) => hex(Number(byte), 2))
    .join('');

function print(rows: Readonly<Record<string, TableRow>>): string {
  const lines = Object.entries(rows).map(
    ([address, { weight, active, inactive }]) =>
      `  -> ${hexAddress(address)}:${hex(REDIS_PORT, 4)}      Route   ${String(weight).padEnd(6)} ${String(active).padEnd(10)} ${String(inactive).padEnd(10)}`,
  );
  return [`TCP  ${hexAddress(VIP)}:${hex(REDIS_PORT, 4)} wrr  `, ...lines, ''].join('\n');
}

describe('the table of a node', () => {
  it('has the members of this service by name, and nothing of the services around it', () => {
    expect(read(PROC)).toEqual({
      a: { weight: 0, active: 4, inactive: 0 },
      b: { weight: 100, active: 3, inactive: 17 },
    });
  });

  it('is that of the port that was asked for', () => {
    expect(parseTable(PROC, { address: VIP, port: REDIS_PORT + 1 })).toEqual({
      b: { weight: 2, active: 0, inactive: 0 },
    });
  });

  it('is that of a mark, which the kernel prints in hex', () => {
    expect(parseTable(PROC.replace('00000001', '776533EB'), { mark: 0x776533eb })).toEqual({
      a: { weight: 3, active: 0, inactive: 0 },
    });
    expect(parseTable(PROC, { mark: 2 })).toEqual({});
  });

  it('is that of an IPv6 address, which the kernel prints at full length', () => {
    expect(parseTable(PROC, { address: 'fd00::229', port: REDIS_PORT })).toEqual({
      'fd00::51': { weight: 4, active: 0, inactive: 0 },
    });
  });

  it.each([
    ['no module', ''],
    ['no service', PROC.split('\n').slice(0, 3).join('\n')],
    ['another address', PROC.replaceAll('C0A851E5', 'C0A851E6')],
    ['a service without real servers', `${PROC.split('\n').slice(0, 3).join('\n')}\nTCP  C0A851E5:18EB wrr  \n`],
  ])('is empty: %s', (_, text) => {
    expect(read(text)).toEqual({});
  });

  it('shows a real server that is no member under its address', () => {
    expect(read(PROC.replace('C0A851EA:18EB      Route   100', 'C0A85109:18EB      Route   100'))).toHaveProperty(
      ['192.168.81.9', 'weight'],
      100,
    );
  });

  it('has every row that the kernel printed, with its figures', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    // No lab host is in 10.0.0.0/8, so every address stands for itself.
    const address = fc.tuple(byte, byte, byte).map((bytes) => `10.${bytes.join('.')}`);
    const row = fc.record({ weight: fc.nat(65_535), active: fc.nat(), inactive: fc.nat() });
    fc.assert(
      fc.property(fc.dictionary(address, row), (rows) => {
        expect(read(print(rows))).toEqual({ ...rows });
      }),
    );
  });
});
