/**
 * The program of the page's process: it listens, and asks its worker for what it shows. Whoever floods its port has this
 * process's time and memory, and of the processor less than the evaluation, which is another process.
 */

import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Secret } from '../../src/model/configuration/secret.ts';
import { messageOf } from '../../src/model/error.ts';
import { createHandlers } from '../../src/tell/http/handlers.ts';
import { createHttpServer, type HttpServer, type HttpServerOptions } from '../../src/tell/http/server.ts';
import { createTally } from '../../src/tell/http/tally.ts';
import { createAsking } from './asking.ts';
import type { FromWeb, ToWeb, WebSettings } from './questions.ts';
import { inboundHandlers, webSources } from './sources.ts';

/** setpriority(2): where both want the processor the evaluation gets three parts of four. */
const NICENESS = 5;

/** proc(5), oom_score_adj: where memory is short this process goes first. */
const OOM_SCORE_ADJ = '500';

/** The process before this one may be about to end: the port is tried so often, so long apart in ms. */
const TRIES = 10;
const AGAIN_MS = 300;

function tell(said: FromWeb): void {
  if (process.connected) process.send?.(said, undefined, undefined, () => {});
}

/** Each as far as it may: the unit of a worker lets nobody change a priority. */
function stepBack(): void {
  for (const step of [() => setPriority(NICENESS), () => writeFileSync('/proc/self/oom_score_adj', OOM_SCORE_ADJ)]) {
    try {
      step();
    } catch {
      // It serves as well without.
    }
  }
}

function secretOf(text: string): Secret {
  return { reveal: () => text };
}

function optionsOf({ listen, token, oldToken, signingSecret, pools, limits }: WebSettings): HttpServerOptions {
  const asking = createAsking((id, question, about) => tell({ kind: 'question', id, question, about }));
  process.on('message', (said: ToWeb) => {
    if (said.kind === 'there') tell({ kind: 'here' });
    else if (said.kind !== 'start') asking.hear(said);
  });
  const tally = createTally((thing, times) => {
    const [sentence = '', path = '', source = ''] = thing.split('\n');
    tell({ kind: 'refused', sentence, path, source, times });
  });
  const onRefused = (...what: readonly string[]) =>
    tally.note(what.map((part) => part.replaceAll('\n', ' ')).join('\n'));
  const onError = (error: unknown, path = '') => tell({ kind: 'failed', sentence: messageOf(error), path });
  const secrets = {
    ...(token !== undefined && { token: secretOf(token) }),
    ...(oldToken !== undefined && { oldToken: secretOf(oldToken) }),
    ...(signingSecret !== undefined && { signingSecret: secretOf(signingSecret) }),
  };
  return {
    listen,
    limits,
    ...secrets,
    inbound: inboundHandlers({ ...secrets, pools, ask: asking.ask, onRefused, onError }),
    handlers: createHandlers(webSources(asking.ask)),
    onRefused,
    onError,
  };
}

async function listen(options: HttpServerOptions): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const server: HttpServer = createHttpServer(options);
    try {
      tell({ kind: 'listening', url: await server.start() });
      return;
    } catch (error) {
      const { code } = (error as Error).cause as NodeJS.ErrnoException;
      if (code !== 'EADDRINUSE' || tries === TRIES) return tell({ kind: 'deaf', sentence: messageOf(error) });
      await sleep(AGAIN_MS);
    }
  }
}

// Its worker ends it, and is told to by whoever signals both of them.
process.on('SIGTERM', () => {});
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(0));
stepBack();
process.once('message', (said: ToWeb) => {
  if (said.kind === 'start') void listen(optionsOf(said.settings));
});
