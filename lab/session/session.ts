/** A lab for a person: it comes up with a line a stage, stays, tells what Weir tells, and takes commands. */

import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface, type Interface } from 'node:readline';
import { createPaint, wantsColor } from '../../src/tell/notify/paint.ts';
import { type Level, SIGN } from '../../src/tell/wording/levels.ts';
import { freePort } from '../free-port.ts';
import { Lab } from '../lab.ts';
import type { ProgramEvent } from '../machine/protocol.ts';
import { WORKER } from '../weir/weir.ts';
import { COMMANDS, runLine } from './commands.ts';

/** Where the page is, unless something else has it. */
const PAGE_PORT = 8480;

const paint = createPaint(wantsColor(process.stdout, process.env));

/** Comes back when the lab has ended: at `quit`, Ctrl-C, SIGTERM, or when it could not be started (exit code 1). */
export async function runSession(greeting: (lab: Lab) => string): Promise<void> {
  // SIGINT and SIGTERM end the lab in whatever state it is; readline hands Ctrl-C on as SIGINT.
  const signalled = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  print(`${paint.bold('Starting the lab')}: a real LVS pool with Weir on it. This takes half a minute.`);
  const starting = Lab.start({
    httpPort: await pagePort(),
    // For a person: what Weir tells, line by line on stdout.
    config: { log: { form: 'text' } },
    onStage: ({ name, ms }) => print(`  ${paint.good(SIGN.good)} ${name.padEnd(24)} ${paint.dim(seconds(ms))}`),
  });
  const first = await Promise.race([starting, signalled.then(() => undefined)]).catch((error: unknown) => {
    print(paint.bad(error instanceof Error ? error.message : String(error)));
    process.exitCode = 1;
  });
  if (first === undefined) {
    // The supervisor ends what has been started as soon as this process is gone.
    process.exit();
  }
  const lab = first;
  print(greeting(lab));
  const prompt = process.stdin.isTTY === true ? openPrompt(lab) : undefined;
  let ending = false;
  lab.watch((event) => {
    const line = ending ? undefined : newsLine(event);
    if (line !== undefined) (prompt?.print ?? print)(line);
  });
  await Promise.race([signalled, ...(prompt === undefined ? [] : [prompt.closed])]);
  ending = true;
  prompt?.close();
  print('Ending the lab.');
  await lab.stop();
}

interface Prompt {
  readonly closed: Promise<unknown>;
  /** Prints above the line that is being typed. */
  print(text: string): void;
  close(): void;
}

function openPrompt(lab: Lab): Prompt {
  const input: Interface = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: paint.note('lab> '),
    completer: (line: string) => [COMMANDS.map(({ name }) => `${name} `).filter((name) => name.startsWith(line)), line],
  });
  const above = (text: string) => {
    process.stdout.write(`\r\u001b[K${text}\n`);
    input.prompt(true);
  };
  input.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  input.on('line', async (line) => {
    if (['quit', 'exit'].includes(line.trim())) return input.close();
    try {
      const text = await runLine(lab, line);
      if (text !== '') print(text);
    } catch (error) {
      print(paint.warn(error instanceof Error ? error.message : String(error)));
    }
    input.prompt();
  });
  input.prompt();
  return { closed: once(input, 'close'), print: above, close: () => input.close() };
}

/** The lines that a person wants to see of what programs print: what Weir tells, and ends that nobody has ordered. */
function newsLine(event: ProgramEvent): string | undefined {
  const isWeir = event.name === WORKER || event.name.startsWith('node-');
  if (event.event === 'line') {
    if (!isWeir || event.stream !== 'stdout') return undefined;
    return `${event.name === WORKER ? '' : paint.dim(`${event.name} `)}${colored(event.line)}`;
  }
  if (event.event === 'exit') return paint.dim(`(${event.name} has ended: ${event.signal ?? `exit ${event.code}`})`);
  return undefined;
}

/** Weir writes without colour into a pipe; the sign says which one the line has. */
function colored(line: string): string {
  const [level] =
    Object.entries(SIGN).find(([, sign]) => /^\d\d:/.test(line) && line.slice(8, 12).includes(sign)) ?? [];
  return level === undefined ? line : paint[level as Level](line);
}

async function pagePort(): Promise<number> {
  const probe = createServer();
  try {
    probe.listen(PAGE_PORT, '127.0.0.1');
    await once(probe, 'listening');
    probe.close();
    await once(probe, 'close');
    return PAGE_PORT;
  } catch {
    return freePort();
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
