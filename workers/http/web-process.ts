/** The page's process as its worker sees it: it is started, answered, and started again when it has ended. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { besideProgram } from '../../src/lib/files/package-folder.ts';
import { messageOf, WeirError } from '../../src/model/error.ts';
import { Refused } from '../../src/tell/http/body.ts';
import type { Answers, FromWeb, ToWeb, WebSettings } from './questions.ts';

/** The limit of its heap, in MiB: a page of two hundred pools takes a tenth of it. */
const HEAP_MIB = 128;

/** Until it is started again, in ms: at first, and at most when it ends again and again. */
const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** The pause before a restart begins at its shortest again for a process that has lived for so long, in ms. */
const LIVED_MS = 60_000;

/** How it is asked whether it hangs: every so often, in ms, and so many times in vain before it is ended. */
export interface Beat {
  readonly everyMs: number;
  readonly missed: number;
}

/** Half a minute: it has less of the processor than the evaluation, and a flood may hold it up for seconds. */
const BEAT: Beat = { everyMs: 5_000, missed: 6 };

export interface WebProcess {
  readonly url: string;
  /** Undefined while it is started again. */
  pid(): number | undefined;
  stop(): Promise<void>;
}

export interface WebProcessOptions {
  readonly settings: WebSettings;
  readonly answers: Answers;
  /** Left out: half a minute. */
  readonly beat?: Beat;
  onRefused(what: Omit<Extract<FromWeb, { kind: 'refused' }>, 'kind'>): void;
  onFailed(sentence: string, path: string): void;
  /** It has ended, or hung and was ended, and is started again. `how`: by which signal, or with which code. */
  onEnded(how: string): void;
}

type Asked = Extract<FromWeb, { kind: 'question' }>;

/** @throws WeirError when the address cannot be had. */
export async function startWebProcess(options: WebProcessOptions): Promise<WebProcess> {
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopping = false;
  let pauseMs = PAUSE_MS;

  async function start(settings: WebSettings): Promise<string> {
    const startedAt = performance.now();
    const mine = forkWeb();
    child = mine;
    const ended = once(mine, 'exit').then(([code, signal]) => String(signal ?? `exit code ${code}`));
    const url = await listening(mine, ended, settings, options);
    const watch = watchOver(mine, options.beat ?? BEAT);
    void ended.then((signal) => {
      const how = watch.stop() ?? signal;
      if (isStopping) return;
      if (performance.now() - startedAt > LIVED_MS) pauseMs = PAUSE_MS;
      options.onEnded(how);
      // The same port, where any one was taken at first.
      again({ ...settings, listen: { ...settings.listen, port: Number(new URL(url).port) } });
    });
    return url;
  }

  function again(settings: WebSettings): void {
    child = undefined;
    timer = setTimeout(() => {
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      start(settings).catch((error: unknown) => {
        options.onFailed(messageOf(error), '(listening)');
        if (!isStopping) again(settings);
      });
    }, pauseMs);
    timer.unref();
  }

  const url = await start(options.settings);
  return {
    url,
    pid: () => child?.pid,
    async stop() {
      isStopping = true;
      clearTimeout(timer);
      if (child !== undefined) await end(child);
    },
  };
}

/** No environment but the time zone: the secrets of this process's are none of its business. */
function forkWeb(): ChildProcess {
  const { TZ } = process.env;
  return fork(besideProgram('web.js'), [], {
    env: TZ === undefined ? {} : { TZ },
    execArgv: [`--max-old-space-size=${HEAP_MIB}`],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

/** Starts it, answers it from now on, and waits until it listens. Gives the URL. @throws WeirError */
async function listening(
  child: ChildProcess,
  ended: Promise<string>,
  settings: WebSettings,
  options: WebProcessOptions,
): Promise<string> {
  const send = (said: ToWeb) => {
    // A process that has just ended gets no answer.
    if (child.connected) child.send(said, () => {});
  };
  return await new Promise<string>((resolve, reject) => {
    const fail = (sentence: string) => {
      reject(new WeirError('system', sentence));
      child.kill('SIGKILL');
    };
    child.on('error', (error) => fail(`The page cannot be started: ${messageOf(error)}`));
    void ended.then((how) => fail(`The page has ended before it listened (${how}): look at the log above.`));
    child.on('message', (said: FromWeb) => {
      if (said.kind === 'listening') resolve(said.url);
      else if (said.kind === 'deaf') fail(said.sentence);
      else if (said.kind === 'refused') options.onRefused(said);
      else if (said.kind === 'failed') options.onFailed(said.sentence, said.path);
      else if (said.kind === 'question') void answer(said, options.answers).then(send);
    });
    send({ kind: 'start', settings });
  });
}

/**
 * Ends one that hangs without an end: stopped, in a loop, in a call of the kernel. Its questions in vain are counted and not
 * timed, so that a worker that was paused itself asks again first.
 */
function watchOver(child: ChildProcess, { everyMs, missed }: Beat): { stop(): string | undefined } {
  let unanswered = 0;
  let how: string | undefined;
  child.on('message', (said: FromWeb) => {
    if (said.kind === 'here') unanswered = 0;
  });
  const timer = setInterval(() => {
    if (unanswered >= missed) {
      how = `no answer for ${(everyMs * missed) / 1_000} s`;
      child.kill('SIGKILL');
      return;
    }
    unanswered += 1;
    if (child.connected) child.send({ kind: 'there' } satisfies ToWeb, () => {});
  }, everyMs);
  timer.unref();
  return {
    stop() {
      clearInterval(timer);
      return how;
    },
  };
}

async function answer({ id, question, about }: Asked, answers: Answers): Promise<ToWeb> {
  try {
    const give = answers[question] as (about: unknown) => Promise<unknown>;
    return { kind: 'answer', id, answer: await give(about) };
  } catch (error) {
    const status = error instanceof Refused ? { status: error.status } : {};
    return { kind: 'no', id, sentence: messageOf(error), ...status };
  }
}

/** It does nothing that must be brought to an end. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
