import { expect, it } from 'vitest';
import { clientsPart } from '../../../src/operations/read/clients.ts';
import { formatReadout } from '../../../src/tell/terminal/readout.ts';

it('of a CLIENT LIST that names no commands nobody knows who takes items', () => {
  const said = (text: string) =>
    formatReadout({ file: 'clients.txt', kind: 'clients', parts: [clientsPart(text)], notes: [] }, { width: 100 });
  const client = 'id=3 addr=192.0.2.1:40000 laddr=192.0.2.11:6379 name=';
  expect(said(`${client}\n`)).toContain('clients: 1, which of them take items is not known');
  expect(said(`${client} cmd=blpop\n`)).toContain('clients: 1, 1 of them take items');
});
