/** Socket Mode: Weir connects to Slack, and gets over that connection what would otherwise come over HTTP. */

import { setTimeout as sleep } from 'node:timers/promises';
import { SocketModeClient } from '@slack/socket-mode';
import { within } from '../../lib/within.ts';
import type { Secret } from '../../model/configuration/secret.ts';
import { messageOf } from '../../model/error.ts';
import { SILENT } from '../notify/slack/silent.ts';
import { quoteReply } from '../notify/tell-error.ts';
import { type Click, parseClick, parseSlashCommand, type SlashCommand } from './payload.ts';
import type { Reply } from './reply.ts';

export interface SocketOptions {
  /** `xapp-...`, with connections:write. */
  readonly appToken: Secret;
  /** Another place that speaks Slack's Web API. */
  readonly apiUrl?: string;
  onCommand(command: SlashCommand): Promise<Reply | undefined>;
  onClick(click: Click): Promise<void>;
  onError(error: unknown, doing: string): void;
}

export interface Socket {
  stop(): Promise<void>;
}

/** Waits between two connections, in ms. After failures they grow up to the longest. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** Slack has so long to greet a connection, and Weir as long to end one. In ms. */
const HELLO_WITHIN_MS = 30_000;
const FAREWELL_WITHIN_MS = 1_000;

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
    // The client would end the whole process when Slack is away while it reconnects (3.1: a promise without catch).
    autoReconnectEnabled: false,
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
    take().catch((error: unknown) => onError(error, "a message from Slack's socket"));
  });
  client.on('interactive', ({ ack, body }: Envelope) => {
    const click = parseClick(body);
    const take = async () => {
      await ack();
      if (click !== undefined) await onClick(click);
    };
    take().catch((error: unknown) => onError(error, "a message from Slack's socket"));
  });
  client.on('error', (error: unknown) => onError(sentence(error, token), "Slack's socket"));

  const stopping = new AbortController();
  void keepConnected(client, stopping.signal, (error) => onError(sentence(error, token), "Slack's socket"));
  return {
    async stop() {
      stopping.abort();
      await within(client.disconnect(), FAREWELL_WITHIN_MS).catch(() => undefined);
    },
  };
}

/** Opens one connection after the other: Slack ends each of them after some hours. */
async function keepConnected(client: SocketModeClient, signal: AbortSignal, onError: (error: unknown) => void) {
  let waitMs = FIRST_WAIT_MS;
  while (!signal.aborted) {
    let onEnd: () => void = () => {};
    const ended = new Promise<void>((resolve) => {
      onEnd = resolve;
      client.once('disconnected', onEnd);
    });
    try {
      await within(client.start(), HELLO_WITHIN_MS);
      waitMs = FIRST_WAIT_MS;
      await ended;
    } catch (error) {
      if (!signal.aborted) onError(error);
      await within(client.disconnect(), FAREWELL_WITHIN_MS).catch(() => undefined);
      waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
    } finally {
      client.removeListener('disconnected', onEnd);
    }
    await sleep(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

function sentence(error: unknown, token: string): Error {
  const seen = quoteReply(messageOf(error), [token]);
  return new Error(
    `No connection to Slack for commands and buttons (${seen}): look at tell.slack.app_token and the way to Slack.`,
  );
}
