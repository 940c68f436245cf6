/**
 * Runs beside the hosts of the lab, under init.sh: does what the lab asks, and tells what the programs that it started
 * print. It opens the one connection to the lab; when that ends, so does the agent, and with it the whole guest.
 */

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createPrograms } from '../machine/programs.ts';
import { type AgentMessage, type AgentSettings, type Call, type Handlers, toLine } from '../machine/protocol.ts';
import { createHosts, run } from './hosts.ts';

const dir = process.env.WEIR_LAB_DIR;
if (dir === undefined) throw new Error('WEIR_LAB_DIR is not set: the agent is started by the lab, not by hand.');
const settings = JSON.parse(readFileSync(join(dir, 'agent.json'), 'utf8')) as AgentSettings;

const socket = connect(settings.control);
const say = (message: AgentMessage) => socket.write(toLine(message));

const programs = createPrograms(say);
const hosts = createHosts();

const handlers: Handlers = {
  async addHosts({ hosts: networks }) {
    await hosts.add(networks);
    return {};
  },
  exec: ({ place, argv, timeoutMs, stdin }) => run(hosts.command(place, argv), timeoutMs, stdin),
  start: async ({ place, name, argv }) => ({ pid: await programs.start(name, hosts.command(place, argv)) }),
  signal: ({ name, signal, family }) => ({ signalled: programs.signal(name, signal, family) }),
  write({ name, line }) {
    programs.write(name, line);
    return {};
  },
  read: async ({ place, path }) => ({ text: await hosts.read(place, path) }),
  async save({ place, path, text, mode }) {
    await hosts.save(place, path, text, mode);
    return {};
  },
};

socket.setNoDelay(true);
socket.on('connect', () => say({ hello: settings.token }));
socket.on('error', () => process.exit(1));
socket.on('close', () => process.exit(0));
createInterface({ input: socket }).on('line', async (line) => {
  const { id, op, ask } = JSON.parse(line) as Call;
  try {
    say({ id, answer: await (handlers[op] as (ask: unknown) => unknown)(ask) });
  } catch (error) {
    say({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
