/** The one look of all our tables: columns in line, no boxes, so that they can be read, grepped and pasted. */
import Table from 'cli-table3';
import colors from 'picocolors';

type Align = 'left' | 'right';

export function table(head: string[], rows: (string | number)[][], align: Align[] = []): string {
  const none = '';
  const chars = { top: none, 'top-mid': none, 'top-left': none, 'top-right': none, bottom: none, 'bottom-mid': none };
  const sides = { 'bottom-left': none, 'bottom-right': none, left: none, 'left-mid': none, mid: none, 'mid-mid': none };
  const drawn = new Table({
    head: head.map((title) => colors.dim(title)),
    chars: { ...chars, ...sides, right: none, 'right-mid': none, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: align,
  });
  drawn.push(...rows);
  return drawn.toString().replace(/ +$/gm, '').replace(/^/gm, '  ');
}
