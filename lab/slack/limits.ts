/**
 * What Slack's Block Kit takes: every breach of its published limits in a message, a sentence each
 * (docs.slack.dev/reference/block-kit: blocks, block-elements, composition-objects).
 */

import { isDeepStrictEqual } from 'node:util';

type Node = Readonly<Record<string, unknown>>;

/** `payload`: the arguments of chat.postMessage or chat.update, or what is posted to a response URL. */
export function breachesOf(payload: Node): string[] {
  const found: string[] = [];
  const say = (ok: boolean, text: string) => {
    if (!ok) found.push(text);
  };
  const { text, blocks, attachments } = payload;
  say(typeof text === 'string' && text !== '', 'text is empty: notifications and screen readers have nothing');
  say(lengthOf(text) <= 40_000, 'text has more than 40000 characters');
  if (blocks !== undefined) checkBlocks(list(blocks), say);
  // Not in the reference: Slack answers msg_blocks_too_long (slackapi/bolt-js#2509).
  const all = [...list(blocks), ...list(attachments).flatMap(({ blocks: own }) => list(own))];
  const characters =
    JSON.stringify(all)
      .match(/"text":"(?:[^"\\\\]|\\\\.)*"/g)
      ?.join('').length ?? 0;
  say(characters <= 13_200, `${characters} characters in all blocks together, 13200 at most`);
  const attached = list(attachments);
  say(attached.length <= 20, 'more than 20 attachments');
  for (const one of attached) {
    say(/^#[0-9a-f]{6}$/i.test(String(one.color ?? '#000000')), `color ${String(one.color)}`);
    checkBlocks(list(one.blocks), say);
  }
  // What nobody wrote on purpose: a name that pings everybody.
  say(!/<!(channel|here|everyone)/.test(JSON.stringify(payload)), 'a mention of everybody');
  return found;
}

type Say = (ok: boolean, text: string) => void;

function list(value: unknown): Node[] {
  return Array.isArray(value) ? (value as Node[]) : [];
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? value.length : 0;
}

function checkBlocks(blocks: readonly Node[], say: Say): void {
  say(blocks.length <= 50, 'more than 50 blocks');
  for (const block of blocks) {
    say(lengthOf(block.block_id) <= 255, 'block_id is too long');
    const check = BLOCKS[String(block.type)];
    say(check !== undefined, `no block of the type ${String(block.type)} is known here`);
    check?.(block, say);
  }
}

function checkText(text: unknown, limit: number, say: Say, types: readonly string[] = ['mrkdwn', 'plain_text']): void {
  const { type, text: content } = (text ?? {}) as Node;
  say(types.includes(String(type)), `text of the type ${String(type)}`);
  say(lengthOf(content) >= 1 && lengthOf(content) <= limit, `text of ${lengthOf(content)} characters, 1 to ${limit}`);
}

const PLAIN = ['plain_text'];

const BLOCKS: Readonly<Record<string, (block: Node, say: Say) => void>> = {
  section({ text, fields }, say) {
    say(text !== undefined || fields !== undefined, 'a section without text and fields');
    if (text !== undefined) checkText(text, 3_000, say);
    const all = list(fields);
    say(all.length <= 10, 'more than 10 fields');
    for (const field of all) checkText(field, 2_000, say);
  },
  header: ({ text }, say) => checkText(text, 150, say, PLAIN),
  divider: () => {},
  context({ elements }, say) {
    const all = list(elements);
    say(all.length >= 1 && all.length <= 10, `context with ${all.length} elements`);
    for (const element of all) if (element.type !== 'image') checkText(element, 2_000, say);
  },
  image({ alt_text: alt }, say) {
    say(lengthOf(alt) >= 1 && lengthOf(alt) <= 2_000, 'image without alt_text');
  },
  actions({ elements }, say) {
    const all = list(elements);
    say(all.length >= 1 && all.length <= 25, `actions with ${all.length} elements`);
    const ids = all.map(({ action_id: id }) => id);
    say(isDeepStrictEqual([...new Set(ids)], ids), 'the same action_id twice in one block');
    for (const element of all) {
      say(lengthOf(element.action_id) >= 1 && lengthOf(element.action_id) <= 255, 'action_id');
      const check = ELEMENTS[String(element.type)];
      say(check !== undefined, `no element of the type ${String(element.type)} is known here`);
      check?.(element, say);
    }
  },
};

const ELEMENTS: Readonly<Record<string, (element: Node, say: Say) => void>> = {
  button({ text, value, style, confirm }, say) {
    checkText(text, 75, say, PLAIN);
    say(lengthOf(value) <= 2_000, 'value of a button is too long');
    say(style === undefined || style === 'primary' || style === 'danger', `style ${String(style)}`);
    if (confirm !== undefined) checkConfirm(confirm as Node, say);
  },
  static_select({ placeholder, options, confirm }, say) {
    if (placeholder !== undefined) checkText(placeholder, 150, say, PLAIN);
    const all = list(options);
    say(all.length >= 1 && all.length <= 100, `a choice of ${all.length} options`);
    for (const option of all) {
      checkText(option.text, 75, say, PLAIN);
      say(lengthOf(option.value) >= 1 && lengthOf(option.value) <= 150, 'value of an option is too long');
    }
    if (confirm !== undefined) checkConfirm(confirm as Node, say);
  },
};

function checkConfirm({ title, text, confirm, deny }: Node, say: Say): void {
  checkText(title, 100, say, PLAIN);
  checkText(text, 300, say);
  checkText(confirm, 30, say, PLAIN);
  checkText(deny, 30, say, PLAIN);
}
