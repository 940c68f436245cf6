/**
 * A stand-in for Slack that speaks its protocol: the methods of the Web API that Weir uses, rate limits, uploads, response
 * URLs and Socket Mode. Every message is held against Block Kit's limits.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { breachesOf } from './limits.ts';
import { type SocketSide, startSocketSide } from './socket-side.ts';

export type Fields = Readonly<Record<string, unknown>>;

export interface SlackMessage {
  readonly ts: string;
  text: string;
  blocks: readonly Fields[];
  attachments: readonly Fields[];
  readonly threadTs?: string;
  readonly broadcast: boolean;
  /** Titles of files. */
  readonly files: readonly string[];
  edits: number;
}

export interface SlackCall {
  readonly method: string;
  readonly fields: Fields;
  readonly authorization: string;
}

/** Answers a call instead of the stand-in, and says so; undefined leaves it to it. */
export type Answer = (call: SlackCall, response: ServerResponse) => boolean | undefined;

export interface SlackStandIn {
  readonly apiUrl: string;
  readonly calls: SlackCall[];
  readonly breaches: string[];
  /** By the channel's name. */
  readonly channels: Map<string, SlackMessage[]>;
  /** Members of user groups. */
  readonly groups: Map<string, readonly string[]>;
  /** What was posted to response URLs, by the id at their end. */
  readonly responses: Map<string, Fields[]>;
  readonly socket: SocketSide;
  answer: Answer | undefined;
  /** Messages at the root of the channel, and those below one. */
  roots(channel: string): SlackMessage[];
  thread(channel: string, root: SlackMessage): SlackMessage[];
  responseUrl(): { id: string; url: string };
  stop(): Promise<void>;
}

export interface StandInOptions {
  readonly botToken?: string;
  readonly appToken?: string;
  /** Messages that a channel takes at once before it takes them one by one, and how many of those in a second. */
  readonly burst?: number;
  readonly perSecond?: number;
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

/** Answers every call. */
export function answerWith(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (_, response) => {
    sendJson(response, status, body, headers);
    return true;
  };
}

export async function startSlackStandIn(options: StandInOptions = {}): Promise<SlackStandIn> {
  const { botToken, appToken = 'xapp-test', burst = 5, perSecond = 1 } = options;
  let seq = 0;
  let uploads = 0;
  const uploaded = new Map<string, string>();
  const tokens = new Map<string, { left: number; at: number }>();
  const server = createServer((request, response) => {
    void take(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const socket = startSocketSide(server, base);

  /** The bucket of Slack: a few at once, then one a second. */
  function isOverRate(channel: string): boolean {
    const now = performance.now();
    const bucket = tokens.get(channel) ?? { left: burst, at: now };
    const left = Math.min(burst, bucket.left + ((now - bucket.at) * perSecond) / 1_000);
    tokens.set(channel, { left: left < 1 ? left : left - 1, at: now });
    return left < 1;
  }

  const nameOf = (channel: string) =>
    channel.startsWith('C0') ? [...standIn.channels.keys()].find((name) => idOf(name) === channel) : channel;

  function add(channel: string, fields: Fields, files: readonly string[] = []): SlackMessage {
    seq += 1;
    const message: SlackMessage = {
      ts: `1795403378.${String(seq).padStart(6, '0')}`,
      text: String(fields.text ?? ''),
      blocks: (fields.blocks ?? []) as Fields[],
      attachments: (fields.attachments ?? []) as Fields[],
      ...(typeof fields.thread_ts === 'string' && { threadTs: fields.thread_ts }),
      broadcast: String(fields.reply_broadcast) === 'true',
      files,
      edits: 0,
    };
    const name = nameOf(channel) ?? channel;
    standIn.channels.set(name, [...(standIn.channels.get(name) ?? []), message]);
    return message;
  }

  function checked(fields: Fields): string[] {
    const breaches = breachesOf(fields);
    standIn.breaches.push(...breaches);
    return breaches;
  }

  type Method = (fields: Fields, response: ServerResponse) => Fields | undefined;
  const methods: Record<string, Method> = {
    'auth.test': () => ({ user_id: 'U0WEIR' }),
    'chat.postMessage'(fields, response) {
      const channel = String(fields.channel);
      if (isOverRate(nameOf(channel) ?? channel)) {
        sendJson(response, 429, { ok: false, error: 'ratelimited' }, { 'Retry-After': '1' });
        return undefined;
      }
      const breaches = checked(fields);
      if (breaches.length > 0) return { ok: false, error: 'invalid_blocks', response_metadata: { messages: breaches } };
      const message = add(channel, fields);
      return { channel: idOf(nameOf(channel) ?? channel), ts: message.ts, message: { text: message.text } };
    },
    'chat.update'(fields) {
      const channel = String(fields.channel);
      if (!channel.startsWith('C0')) return { ok: false, error: 'channel_not_found' };
      const message = standIn.channels.get(nameOf(channel) ?? '')?.find(({ ts }) => ts === fields.ts);
      if (message === undefined) return { ok: false, error: 'message_not_found' };
      const breaches = checked(fields);
      if (breaches.length > 0) return { ok: false, error: 'invalid_blocks' };
      message.text = String(fields.text);
      message.blocks = (fields.blocks ?? []) as Fields[];
      message.attachments = (fields.attachments ?? []) as Fields[];
      message.edits += 1;
      return { channel, ts: message.ts, text: message.text };
    },
    'files.getUploadURLExternal'() {
      uploads += 1;
      return { file_id: `F${uploads}`, upload_url: `${base}/upload/F${uploads}` };
    },
    'files.completeUploadExternal'(fields) {
      const files = fields.files as readonly { id: string; title?: string }[];
      if (files.some(({ id }) => uploaded.get(id) === undefined)) return { ok: false, error: 'file_not_found' };
      add(
        String(fields.channel_id),
        { text: '', thread_ts: fields.thread_ts },
        files.map(({ title = '' }) => title),
      );
      return { files: files.map(({ id, title }) => ({ id, title })) };
    },
    'usergroups.users.list': ({ usergroup }) => ({ users: standIn.groups.get(String(usergroup)) ?? [] }),
    'apps.connections.open': () => ({ url: socket.ticket() }),
  };

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const [, kind = '', name = ''] = (request.url ?? '').split('/');
    if (kind === 'upload') {
      uploaded.set(name, body.toString('latin1'));
      response.end('OK');
      return;
    }
    if (kind === 'response') return takeResponse(name, body, response);
    const call: SlackCall = {
      method: name,
      fields: fieldsOf(body, request.headers['content-type'] ?? ''),
      authorization: request.headers.authorization ?? '',
    };
    standIn.calls.push(call);
    if (standIn.answer?.(call, response) === true) return;
    const wanted = name === 'apps.connections.open' ? appToken : botToken;
    if (wanted !== undefined && call.authorization !== `Bearer ${wanted}`) {
      return sendJson(response, 200, { ok: false, error: 'invalid_auth' });
    }
    const method = methods[name];
    if (method === undefined) return sendJson(response, 200, { ok: false, error: 'unknown_method' });
    const answered = method(call.fields, response);
    if (answered !== undefined) sendJson(response, 200, { ok: true, ...answered });
  }

  /** At most five, as Slack has it. */
  function takeResponse(id: string, body: Buffer, response: ServerResponse): void {
    const before = standIn.responses.get(id);
    if (before === undefined || before.length >= 5) {
      sendJson(response, 404, { ok: false, error: 'used_url' });
      return;
    }
    const fields = JSON.parse(body.toString()) as Fields;
    checked(fields);
    standIn.responses.set(id, [...before, fields]);
    response.end('ok');
  }

  const standIn: SlackStandIn = {
    apiUrl: `${base}/api/`,
    calls: [],
    breaches: [],
    channels: new Map(),
    groups: new Map(),
    responses: new Map(),
    socket,
    answer: undefined,
    roots: (channel) => (standIn.channels.get(channel) ?? []).filter(({ threadTs }) => threadTs === undefined),
    thread: (channel, { ts }) => (standIn.channels.get(channel) ?? []).filter(({ threadTs }) => threadTs === ts),
    responseUrl() {
      const id = `R${standIn.responses.size + 1}`;
      standIn.responses.set(id, []);
      return { id, url: `${base}/response/${id}` };
    },
    async stop() {
      socket.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return standIn;
}

/** A channel's id follows from its name, so that nobody need look it up. */
function idOf(name: string): string {
  return `C0${name.replaceAll(/[^a-z0-9]/gi, '').toUpperCase()}`;
}

/** Forms with JSON in their fields, as the client sends them, or JSON. */
function fieldsOf(body: Buffer, type: string): Fields {
  if (type.startsWith('application/json')) return JSON.parse(body.toString()) as Fields;
  const parse = (value: string): unknown => {
    if (!/^[[{]/.test(value)) return value;
    try {
      return JSON.parse(value);
    } catch {
      return value;
    }
  };
  return Object.fromEntries([...new URLSearchParams(body.toString())].map(([name, value]) => [name, parse(value)]));
}
