/**
 * Opens fresh connections through the virtual IP and asks each which Redis it has. Prints one JSON object and ends.
 *
 * Arguments: address, port, how many, limit in ms from connect to answer.
 */

import { connect } from 'node:net';
import { runIdOf } from '../pool/run-id.ts';

/** A few at a time, as producers come: the guest has one slow processor, and its queue is not what is measured. */
const AT_ONCE = 5;

export interface ConnectionsReport {
  readonly byRunId: Readonly<Record<string, number>>;
  /** No answer within the limit. */
  readonly hung: number;
  /** Answered with a reset or a refusal. */
  readonly refused: number;
  readonly slowestMs: number;
}

type Ending = { readonly runId: string } | 'hung' | 'refused';

const [host = '', port = '', count = '', limitMs = ''] = process.argv.slice(2);

function open(): Promise<Ending> {
  return new Promise((resolve) => {
    const socket = connect(Number(port), host, () => socket.write('INFO server\r\n'));
    let seen = '';
    const end = (ending: Ending) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(ending);
    };
    const timer = setTimeout(() => end('hung'), Number(limitMs));
    socket.on('error', () => end('refused'));
    socket.on('close', () => end('refused'));
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      seen += chunk;
      const runId = runIdOf(seen);
      if (runId !== undefined && /^run_id:\w+\r$/m.test(seen)) end({ runId });
    });
  });
}

const byRunId: Record<string, number> = {};
const report = { byRunId, hung: 0, refused: 0, slowestMs: 0 };
let left = Number(count);

async function openInTurn(): Promise<void> {
  while (left > 0) {
    left -= 1;
    const startedAt = performance.now();
    const ending = await open();
    report.slowestMs = Math.max(report.slowestMs, Math.round(performance.now() - startedAt));
    if (ending === 'hung' || ending === 'refused') report[ending] += 1;
    else byRunId[ending.runId] = (byRunId[ending.runId] ?? 0) + 1;
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, openInTurn));
process.stdout.write(`${JSON.stringify(report satisfies ConnectionsReport)}\n`);
