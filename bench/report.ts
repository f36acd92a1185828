/**
 * The set of benchmarks at modest sizes, one after the other, as one table beside what was aimed at. Unlike the others it writes the
 * table, as Markdown, to standard output; `--json <file>` keeps all figures.
 *
 *   node dist/bench/report.js [--json <file>] [--only events-1,lone,…]
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../cli/stack/root';
import { readFlags, say } from './command';
import { SET, type Figures, type Row } from './report-rows';

async function main(): Promise<void> {
  const flags = readFlags({ json: '', only: '' });
  const only = flags.only === '' ? null : new Set(flags.only.split(','));
  const rows: Row[] = [];
  const kept: Record<string, Figures> = {};
  for (const { name, script, args, rows: rowsOf } of SET) {
    if (only !== null && !only.has(name)) continue;
    say(`${name}: ${script} ${args.join(' ')}`);
    try {
      const figures = await run(script, args);
      kept[name] = figures;
      rows.push(...rowsOf(figures));
    } catch (error) {
      rows.push({ what: name, reached: error instanceof Error ? error.message : String(error), aim: '', met: false });
    }
    if (flags.json !== '') writeFileSync(flags.json, JSON.stringify(kept, null, 1));
  }
  process.stdout.write(`${heading()}\n\n${table(rows)}\n`);
}

async function run(script: string, args: string[]): Promise<Figures> {
  const child = spawn(process.execPath, [join(projectRoot, 'dist', 'bench', `${script}.js`), ...args], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill(signal));
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`ended with ${String(code)}`);
  return JSON.parse(out) as Figures;
}

function heading(): string {
  const [first, ...rest] = cpus();
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, Node ${process.versions.node}, ${rest.length + 1} × ${first?.model.trim() ?? 'unknown processor'}, everything on one machine`;
}

function table(rows: Row[]): string {
  const lines = rows.map(({ what, reached, aim, met }) => `| ${what} | ${reached} | ${aim} | ${met ? 'yes' : 'no'} |`);
  return ['| | reached | aim | met |', '|---|---|---|---|', ...lines].join('\n');
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`report: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
