/** HTML from template literals. Whatever is interpolated is escaped, unless it was made by `html` itself. */

const SAFE = Symbol('safe html');

export interface Html {
  readonly [SAFE]: true;
  toString(): string;
}

export type HtmlValue = Html | string | number | undefined | false | readonly HtmlValue[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Makes text safe as content and inside a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

/**
 * Attributes must be quoted. undefined and false give nothing; lists are joined.
 * @example html`<p class="${level}">${title}</p>`
 */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return trusted(parts.reduce((text, part, index) => text + render(values[index - 1]) + part));
}

/** Marks text that is HTML already. Only for constants of the program. */
export function trusted(text: string): Html {
  return { [SAFE]: true, toString: () => text };
}

function render(value: HtmlValue): string {
  if (value === undefined || value === false) return '';
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return isHtml(value) ? value.toString() : value.map(render).join('');
}

/** Knows HTML by a symbol, which no JSON can carry. */
function isHtml(value: Html | readonly HtmlValue[]): value is Html {
  return SAFE in value;
}
