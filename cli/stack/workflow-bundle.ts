/**
 * Bundles the workflows once for every worker that runs them; as a script, writes `dist/workflow-bundle.js`.
 *
 * Bundling takes seconds, so a bundle names the sources that it was made from and is kept while they stay the same.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { projectRoot } from './root';

/** All that can be in a bundle: workflows take values from `domain` only. */
const SOURCES = ['workflows', 'domain'];

export async function writeWorkflowBundle(file: string): Promise<void> {
  const mark = `// sources ${fingerprint()}\n`;
  if (existsSync(file) && readFileSync(file, 'utf8').startsWith(mark)) return;
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(projectRoot, 'workflows', 'index.ts'),
    logger: new DefaultLogger('WARN'),
  });
  mkdirSync(dirname(file), { recursive: true });
  // A worker that starts meanwhile sees the old bundle or the new one, never a half.
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, mark + code);
  renameSync(aside, file);
}

function fingerprint(): string {
  const hash = createHash('sha256').update(readFileSync(join(projectRoot, 'package-lock.json')));
  for (const folder of SOURCES) {
    const names = readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((each) => each.endsWith('.ts')).sort()) {
      hash.update(`${folder}/${name}\n`).update(readFileSync(join(projectRoot, folder, name)));
    }
  }
  return hash.digest('hex');
}

if (require.main === module) {
  writeWorkflowBundle(join(projectRoot, 'dist', 'workflow-bundle.js')).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
