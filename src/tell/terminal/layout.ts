/** Columns and lines for a terminal. Widths count the characters that are shown, without colours. */

/** The colours of paint.ts begin with ESC, the one control character that is left in a text. */
const COLORS = /(\p{Cc}\[[\d;]*m)/gu;

/** Counts the columns of a text. Wide characters (CJK, emoji) count as one: names here are host names. */
export function widthOf(text: string): number {
  return [...text.replace(COLORS, '')].length;
}

export interface Column {
  readonly head: string;
  readonly align?: 'right';
}

/** Makes a table with two spaces between columns: the heads, and one line for each row. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const heads = columns.map((column) => column.head);
  const widths = columns.map((_, index) => Math.max(...[heads, ...rows].map((row) => widthOf(row[index] ?? ''))));
  const line = (cells: readonly string[]) => {
    const padded = columns.map((column, index) => {
      const text = cells[index] ?? '';
      const gap = ' '.repeat(Math.max(0, (widths[index] as number) - widthOf(text)));
      return column.align === 'right' ? gap + text : text + gap;
    });
    return padded.join('  ').trimEnd();
  };
  return [line(heads), ...rows.map(line)];
}

/** Cuts a line to `width` columns. Colours are kept whole, and ended. */
export function cutLine(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let columns = 0;
  for (const [index, part] of text.split(COLORS).entries()) {
    // Every second part is a colour.
    if (index % 2 === 1) {
      kept += part;
      continue;
    }
    for (const character of part) {
      if (columns < width - 1) kept += character;
      if (columns === width - 1) kept += '…';
      columns += 1;
    }
  }
  return kept;
}

/** Breaks a sentence at spaces. The lines after the first begin with `indent` spaces. */
export function wrap(text: string, width: number, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = ' '.repeat(indent) + word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return line === '' ? lines : [...lines, line];
}
