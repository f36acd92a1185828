/**
 * `npm run fuzz -- [external|internal] [--cases N] [--seed S]`: starts an API on a scratch stack and lets Schemathesis run the
 * whole document against it with valid credentials. Fails on any 5xx and on any response that the document does not describe.
 *
 * The external API has the real worker and simulated switches and sleds behind it. The internal one has a stand-in for Temporal:
 * it registers daemons at addresses that the fuzzer thinks up, and nobody is to call those.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { externalDocument } from '../../api/external-document';
import { internalDocument } from '../../api/internal-document';
import { projectRoot } from '../../cli/stack/root';
import setup from '../support/global-setup';
import teardown from '../support/global-teardown';
import { fuzzExternal, fuzzInternal, withKnown, type FuzzTarget } from '../support/fuzz-target';

/**
 * All of Schemathesis' checks but these: what no schema can say, such as a name that is taken, may be refused; a group that is
 * deleted is seen until the switches have confirmed; the document leaves credentials to the permission table.
 */
const NOT_ASKED = [
  'positive_data_acceptance',
  'missing_required_header',
  'use_after_free',
  'ensure_resource_availability',
  'ignored_auth',
  'object_level_authorization',
];
const SCHEMATHESIS = 'schemathesis==4.32.5';
const VENV = join(projectRoot, '.rackcast', 'fuzz-venv');

const program = new Command('fuzz')
  .description('Runs Schemathesis over the documents of both APIs, or of one. It needs Python 3.10 or newer and PyPI.')
  .argument('[api]', 'external or internal; both if left out')
  .option('--cases <n>', 'most cases per operation and phase', '150')
  .option('--seed <n>', 'repeats an earlier run')
  .action(main);

interface Options {
  cases: string;
  seed?: string;
}

async function main(api: string | undefined, options: Options): Promise<void> {
  if (api !== undefined && api !== 'external' && api !== 'internal') throw new Error(`no such API: ${api}`);
  await install();
  process.argv.splice(2);
  await setup({}, { rootDir: projectRoot });
  try {
    if (api !== 'internal') await fuzz(await externalDocument(), await fuzzExternal(), options);
    if (api !== 'external') await fuzz(await internalDocument(), await fuzzInternal(), options);
  } finally {
    await teardown();
  }
}

/** Schemathesis in an environment of its own, once per clone. */
async function install(): Promise<void> {
  const done = join(VENV, SCHEMATHESIS);
  if (existsSync(done)) return;
  rmSync(VENV, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', VENV]);
  await run(join(VENV, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', SCHEMATHESIS]);
  writeFileSync(done, '');
}

async function fuzz(document: object, target: FuzzTarget, { cases, seed }: Options): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'rackcast-fuzz-'));
  const file = join(folder, 'document.json');
  writeFileSync(file, JSON.stringify(withKnown(document, target.known)));
  const settings = join(folder, 'schemathesis.toml');
  const checks = NOT_ASKED.map((check) => `${check}.enabled = false`).join('\n');
  writeFileSync(settings, `[checks]\n${checks}\n${target.settings ?? ''}`);
  const options = ['--max-examples', cases, '--workers', '1', '--continue-on-failure'];
  const quiet = ['--warnings', 'off', '--suppress-health-check', 'all', '--request-timeout', '60'];
  const header = ['--header', `Authorization: Bearer ${target.token}`];
  try {
    const all = ['--config-file', settings, 'run', file, '--url', target.url, ...header, ...options, ...quiet];
    await run(join(VENV, 'bin', 'schemathesis'), seed === undefined ? all : [...all, '--seed', seed]);
  } finally {
    process.stdout.write(`answers: ${JSON.stringify(Object.fromEntries([...target.answers].toSorted()))}\n`);
    rmSync(folder, { recursive: true, force: true });
    await target.close();
  }
}

/** In a folder for what it leaves behind. */
function run(command: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', cwd: tmpdir() });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}`))));
  });
}

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`fuzz: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
