/** What was tried and how often it really happened, as a table: one row per fault, one column per step. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../cli/stack/root';

export class Tally {
  readonly #rows = new Map<string, Map<string, number>>();

  constructor(private readonly columns: string[]) {}

  add(row: string, column: string, count: number): void {
    const counts = this.#rows.get(row) ?? new Map<string, number>();
    counts.set(column, (counts.get(column) ?? 0) + count);
    this.#rows.set(row, counts);
  }

  print(title: string): void {
    const width = Math.max(...[...this.#rows.keys()].map((row) => row.length), title.length) + 2;
    const cells = (values: string[]) =>
      values.map((value, at) => value.padStart(this.columns[at]!.length + 2)).join('');
    const lines = [...this.#rows].map(([row, counts]) => {
      const values = this.columns.map((column) => String(counts.get(column) ?? 0));
      return row.padEnd(width) + cells(values.map((value) => (value === '0' ? '·' : value)));
    });
    process.stdout.write(`${title.padEnd(width)}${cells(this.columns)}\n${lines.toSorted().join('\n')}\n`);
    const happened = [...this.#rows.values()].flatMap((counts) => [...counts.values()]).reduce((sum, n) => sum + n, 0);
    noteTried(title, `${this.#rows.size} faults × ${this.columns.length} scenes`, happened);
  }
}

/** For the table at the end of `npm test`, which `npm run tried` shows again. */
export function noteTried(what: string, tried: string, happened: number): void {
  const folder = join(projectRoot, '.rackcast', 'tally');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${what.replaceAll(/\W+/g, '-')}.json`), JSON.stringify({ what, tried, happened }));
}
