/** Slack's blocks as HTML, near enough to see how a message reads. What Slack escapes is escaped in them already. */

type Node = Readonly<Record<string, unknown>>;

const STYLE = `.sign{display:inline-block;width:14px;height:14px;vertical-align:-2px;font:bold 11px/14px sans-serif;text-align:center}body{margin:0;padding:24px;width:720px;background:#fff;font:15px/1.46 Lato,"DejaVu Sans",sans-serif;color:#1d1c1d}
.who{display:flex;gap:8px;align-items:baseline;margin:0 0 4px}.who b{font-weight:900}.who span{color:#616061;font-size:12px}
.app{background:#e8e8e8;border-radius:2px;padding:0 3px;font-size:10px;font-weight:700}
.attachment{border-left:4px solid;border-radius:4px;padding:2px 0 2px 12px}.section,.header{margin:6px 0;white-space:pre-wrap}
.header{font-weight:900;font-size:18px}.fields{display:grid;grid-template-columns:1fr 1fr;gap:8px 16px;margin:8px 0}
.context{color:#616061;font-size:12.5px;margin:8px 0;overflow-wrap:anywhere}.actions{display:flex;gap:8px;margin:10px 0 4px}
.button{border:1px solid #bbb;border-radius:4px;padding:4px 12px;font-weight:700;font-size:14px}
.primary{background:#007a5a;color:#fff;border-color:#007a5a}.danger{background:#e01e5a;color:#fff;border-color:#e01e5a}
.select{color:#616061;font-weight:400}a{color:#1264a3}pre{background:#f8f8f8;border:1px solid #ddd;border-radius:4px;padding:8px;font-size:12.5px;white-space:pre-wrap;margin:4px 0}
code{background:#f8f8f8;border:1px solid #ddd;border-radius:3px;padding:0 3px;font-size:12.5px;color:#c01343}img{max-width:100%}`;

/** A page with one message. */
export function messagePage(message: { readonly blocks?: unknown; readonly attachments?: unknown }, note = ''): string {
  const attachments = list(message.attachments).map(
    ({ color, blocks }) =>
      `<div class="attachment" style="border-color:${String(color)}">${list(blocks).map(blockHtml).join('')}</div>`,
  );
  const who = `<p class="who"><b>weir</b><span class="app">APP</span><span>03:12 ${note}</span></p>`;
  return `<!doctype html><meta charset="utf-8"><style>${STYLE}</style>${who}${list(message.blocks).map(blockHtml).join('')}${attachments.join('')}`;
}

function list(value: unknown): Node[] {
  return Array.isArray(value) ? (value as Node[]) : [];
}

function textOf(node: unknown): string {
  return markup(String((node as Node | undefined)?.text ?? ''));
}

function blockHtml({ type, text, fields, elements }: Node): string {
  switch (type) {
    case 'section':
      return text === undefined
        ? `<div class="fields">${list(fields)
            .map((field) => `<div class="section">${textOf(field)}</div>`)
            .join('')}</div>`
        : `<div class="section">${textOf(text)}</div>`;
    case 'header':
      return `<div class="header">${textOf(text)}</div>`;
    case 'context':
      return `<div class="context">${list(elements).map(textOf).join(' ')}</div>`;
    default:
      return `<div class="actions">${list(elements).map(elementHtml).join('')}</div>`;
  }
}

function elementHtml({ type, text, style = '', placeholder }: Node): string {
  if (type === 'static_select') return `<span class="button select">${textOf(placeholder)} ▾</span>`;
  return `<span class="button ${String(style)}">${textOf(text)}</span>`;
}

/** Slack brings its own emoji; a server has no font with them. */
const SIGNS: Readonly<Record<string, string>> = {
  '🔴': '<i class="sign" style="background:#d92d20;border-radius:50%"></i>',
  '🔶': '<i class="sign" style="background:#f79009;transform:rotate(45deg) scale(.8)"></i>',
  '🔹': '<i class="sign" style="background:#53a0e0;transform:rotate(45deg) scale(.6)"></i>',
  '✅': '<i class="sign" style="background:#12a150;border-radius:3px;color:#fff">✓</i>',
  '❔': '<i class="sign">?</i>',
};

/** mrkdwn: bold, code, links, mentions. */
function markup(text: string): string {
  return text
    .replaceAll(/🔴|🔶|🔹|✅|❔/gu, (sign) => SIGNS[sign] ?? sign)
    .replaceAll(/```\n?([\s\S]*?)```/g, '<pre>$1</pre>')
    .replaceAll(/<@([A-Z0-9]+)>/g, '<a>@$1</a>')
    .replaceAll(/<(https?:[^>|]+)>/g, '<a>$1</a>')
    .replaceAll(/(^|[\s(])\*([^*\n]+)\*/g, '$1<b>$2</b>')
    .replaceAll(/`([^`\n]+)`/g, '<code>$1</code>');
}
