/** Slack without a way in: Weir connects to Slack (Socket Mode), and gets there what would come over HTTP. */

import { LogLevel, SocketModeClient } from '@slack/socket-mode';
import type { Secret } from '../../model/config.ts';
import { messageOf } from '../../model/error.ts';
import { quoteAnswer } from '../teller.ts';
import { type Click, parseClick, parseSlashCommand, type SlashCommand } from './payload.ts';
import type { Reply } from './reply.ts';

export interface SocketOptions {
  /** `xapp-...`, with connections:write. */
  readonly appToken: Secret;
  /** Another place that speaks Slack's Web API. */
  readonly apiUrl?: string;
  onCommand(command: SlashCommand): Promise<Reply | undefined>;
  onClick(click: Click): Promise<void>;
  onError(error: unknown): void;
}

export interface Socket {
  stop(): Promise<void>;
}

/** After a failure at the start it is tried again, the waits growing to the longest, in ms. */
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;

interface Envelope {
  readonly ack: (response?: unknown) => Promise<void>;
  readonly body: unknown;
}

/** Returns at once; a connection that fails is made again until `stop`. */
export function startSocket(options: SocketOptions): Socket {
  const { onCommand, onClick, onError } = options;
  const token = options.appToken.reveal();
  const client = new SocketModeClient({
    appToken: token,
    logger: SILENT,
    autoReconnectEnabled: true,
    clientOptions: {
      ...(options.apiUrl !== undefined && { slackApiUrl: options.apiUrl }),
      timeout: 5_000,
      retryConfig: { retries: 0 },
    },
  });
  client.on('slash_commands', ({ ack, body }: Envelope) => {
    const command = parseSlashCommand((body ?? {}) as Record<string, unknown>);
    const take = async () => {
      const reply = command === undefined ? undefined : await onCommand(command);
      await (reply === undefined ? ack() : ack(reply));
    };
    take().catch(onError);
  });
  client.on('interactive', ({ ack, body }: Envelope) => {
    const click = parseClick(body);
    const take = async () => {
      await ack();
      if (click !== undefined) await onClick(click);
    };
    take().catch(onError);
  });
  client.on('error', (error: unknown) => onError(sentence(error, token)));

  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const connect = async (waitMs: number) => {
    try {
      await client.start();
    } catch (error) {
      if (stopped) return;
      onError(sentence(error, token));
      timer = setTimeout(() => void connect(Math.min(2 * waitMs, LONGEST_WAIT_MS)), waitMs);
    }
  };
  void connect(FIRST_WAIT_MS);
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await client.disconnect().catch(() => undefined);
    },
  };
}

function sentence(error: unknown, token: string): Error {
  const seen = quoteAnswer(messageOf(error), [token]);
  return new Error(
    `No connection to Slack for commands and buttons (${seen}): look at tell.slack.app_token and the way to Slack.`,
  );
}

/** It would write to the console by itself, payloads included. */
const SILENT = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
};
