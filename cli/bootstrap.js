'use strict';
/**
 * `npm start` and `npm test`, from a fresh clone: installs what the lock file asks for, builds what changed, and runs it.
 * It runs before anything is installed, so it is plain JavaScript without a dependency and works in any Node: one that is
 * too old is told so.
 */
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { spawn, spawnSync } = require('node:child_process');

const root = path.join(__dirname, '..');
const orphan = path.join(__dirname, 'orphan.js');
/** Everything else at the top level goes into the build. */
const NOT_BUILT = ['node_modules', 'dist', 'test', 'openapi'];

function fail(line) {
  process.stderr.write(`rackcast: ${line}\n`);
  process.exit(1);
}

function say(line) {
  process.stdout.write(`rackcast: ${line}\n`);
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    fail(`Node ${process.versions.node} is too old: 20.19 or newer is needed`);
}

/** `npm ci` unless node_modules came from this very lock file. Also true after the lock file went back. */
function install() {
  const stamp = path.join(root, 'node_modules', '.rackcast-lock');
  const wanted = createHash('sha256')
    .update(fs.readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  if (read(stamp) === wanted) return;
  say('installing dependencies (npm ci)');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const done = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (done.error !== undefined) fail(`npm could not be run: ${done.error.message}`);
  if (done.status !== 0) fail('npm ci failed (see above)');
  fs.writeFileSync(stamp, wanted);
}

/** The build is skipped when no source changed since the last one. Type errors end `start`, and are `test`'s to report. */
function build(strict) {
  const stamp = path.join(root, 'dist', '.stamp');
  const wanted = fingerprint();
  if (read(stamp) === wanted) return;
  say('building');
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  // Another clone's leftovers and deleted sources go; the workflow bundle knows itself whether it is current.
  for (const name of fs.existsSync(path.join(root, 'dist')) ? fs.readdirSync(path.join(root, 'dist')) : []) {
    if (!name.startsWith('workflow-bundle')) fs.rmSync(path.join(root, 'dist', name), { recursive: true, force: true });
  }
  const compiled = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, encoding: 'utf8' });
  if (compiled.status !== 0 && strict) fail(`the build failed\n${compiled.stdout}${compiled.stderr}`);
  const bundle = path.join(root, 'dist', 'cli', 'stack', 'workflow-bundle.js');
  const bundled = spawnSync(process.execPath, [bundle], { cwd: root, encoding: 'utf8' });
  if (bundled.status !== 0 && strict) fail(`the workflows could not be bundled\n${bundled.stdout}${bundled.stderr}`);
  if (compiled.status === 0 && bundled.status === 0) fs.writeFileSync(stamp, wanted);
}

function fingerprint() {
  const hash = createHash('sha256').update(root);
  const files = [path.join(root, 'package-lock.json')];
  for (const entry of fs.readdirSync(root, { withFileTypes: true })) {
    const built = !entry.name.startsWith('.') && !NOT_BUILT.includes(entry.name);
    if (built && entry.isDirectory()) files.push(...walk(path.join(root, entry.name)));
    else if (/\.ts$|^tsconfig.*\.json$/.test(entry.name)) files.push(path.join(root, entry.name));
  }
  for (const file of files) {
    const { mtimeMs, size } = fs.statSync(file);
    hash.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

function walk(folder) {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Becomes the command: its exit is ours, and a signal to us is its to handle. */
function become(args) {
  const child = spawn(process.execPath, ['--require', orphan, ...args], { cwd: root, stdio: 'inherit' });
  // Ctrl-C reaches the whole terminal group by itself; a signal sent to us alone is passed on.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}

function benchmark(name) {
  const script = path.join(root, 'dist', 'bench', `${name}.js`);
  if (!/^[a-z-]+$/.test(name) || !fs.existsSync(script)) fail(`no benchmark ${name}: see bench/`);
  return script;
}

requireNode();
// Started from a shell by hand, we may well outlive it.
if (process.env.npm_lifecycle_event !== undefined) require(orphan);
const [what, ...rest] = process.argv.slice(2);
install();
build(what !== 'test');
if (what === 'test') become([path.join(__dirname, 'checks.js'), ...rest]);
else if (what === 'bench') become([benchmark(rest[0] ?? 'report'), ...rest.slice(1)]);
else if (what !== 'build') become([path.join(root, 'dist', 'cli', 'main.js'), what ?? 'start', ...rest]);
