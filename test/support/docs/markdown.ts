/** What the documents that are made of code have in common. */

export const NOTE = '<!-- Made of the code by `npm run docs`; what is changed here is lost. -->';

/** Text in a cell of a table. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/<(?=\w)/g, '\\<');
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `${[line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')}\n`;
}
