'use strict';
/**
 * What `npm test` runs, in order: types, format, lint, dead code, then every test suite. All of them run even when one
 * fails, tables tell what was tried to break and what became of each, and the exit code is 0 only if all passed.
 *
 * `npm test -- PATTERN…` runs the checks and only the suites that match.
 */
const { spawn } = require('node:child_process');
const { mkdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { forgetTried, tried } = require('./tried.js');

const root = path.join(__dirname, '..');
const folder = path.join(root, '.rackcast');
const resultsFile = path.join(folder, 'test-results.json');
const bin = (name, ...inside) => path.join(root, 'node_modules', name, ...inside);

const STATIC = [
  { name: 'types', script: bin('typescript', 'bin', 'tsc'), args: ['--noEmit', '-p', '.'] },
  { name: 'format', script: bin('oxfmt', 'bin', 'oxfmt'), args: ['--check'] },
  { name: 'lint', script: bin('oxlint', 'bin', 'oxlint'), args: ['--type-aware', '--deny-warnings'] },
  { name: 'dead code', script: bin('knip', 'bin', 'knip.js'), args: ['--no-progress'] },
];

function run({ script, args }, live) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...args], {
      cwd: root,
      stdio: ['ignore', live ? 'inherit' : 'pipe', live ? 'inherit' : 'pipe'],
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => child.kill(signal));
  });
}

async function check(step) {
  const started = Date.now();
  process.stdout.write(`  ${step.name} …`);
  const { ok, output } = await run(step, false);
  const seconds = (Date.now() - started) / 1_000;
  process.stdout.write(`\r  ${ok ? 'ok  ' : 'FAIL'} ${step.name} (${seconds.toFixed(1)} s)\n`);
  if (!ok) process.stdout.write(`${output.trimEnd().replace(/^/gm, '      ')}\n`);
  return { name: step.name, ok, seconds, detail: '' };
}

/** Jest's own figures. A suite that could not run counts as one failure: none of its tests did. */
async function suites(patterns) {
  const started = Date.now();
  rmSync(resultsFile, { force: true });
  const args = ['--json', `--outputFile=${resultsFile}`, '--silent=false', ...patterns];
  const { ok } = await run({ script: bin('jest', 'bin', 'jest.js'), args }, true);
  const seconds = (Date.now() - started) / 1_000;
  let figures;
  try {
    figures = JSON.parse(readFileSync(resultsFile, 'utf8'));
  } catch {
    return { name: 'tests', ok: false, seconds, detail: 'jest did not finish', passed: 0, failed: 1 };
  }
  const passed = figures.numPassedTests;
  const failed = figures.numFailedTests + figures.numRuntimeErrorTestSuites;
  const detail = `${passed} passed, ${failed} failed, ${figures.numTotalTestSuites} suites`;
  return { name: 'tests', ok: ok && failed === 0 && figures.success, seconds, detail, passed, failed };
}

async function main() {
  mkdirSync(folder, { recursive: true });
  forgetTried();
  const results = [];
  for (const step of STATIC) results.push(await check(step));
  const tests = await suites(process.argv.slice(2));
  results.push(tests);
  process.stdout.write(`\n${tried()}\n`);
  for (const { name, ok, seconds, detail } of results) {
    process.stdout.write(
      `  ${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${seconds.toFixed(1).padStart(7)} s  ${detail}`
        .trimEnd()
        .concat('\n'),
    );
  }
  const broken = results.filter((result) => result !== tests && !result.ok).length;
  // What CI reads: the runner's own figures, and a check that failed is a failure too.
  const failed = tests.failed + broken;
  writeFileSync(
    path.join(folder, 'test-summary.json'),
    JSON.stringify({ passed: tests.passed, failed: tests.ok || failed > 0 ? failed : 1 }),
  );
  process.exitCode = results.every((result) => result.ok) ? 0 : 1;
}

void main();
