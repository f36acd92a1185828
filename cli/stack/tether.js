'use strict';
/**
 * Runs one program that is not ours (Postgres, Temporal) and keeps it tied to the process that asked for it: when that
 * process is gone, however it went, the program is stopped in its own way and then, after a bounded time, killed.
 * Plain JavaScript, so that tests can use it without a build.
 *
 *   node tether.js '{"command": "…", "args": [], "uid": 1, "gid": 1, "stopSignal": "SIGINT", "graceMs": 10000}'
 */
const { spawn } = require('node:child_process');

const { command, args, uid, gid, stopSignal, graceMs, cwd } = JSON.parse(process.argv[2]);
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], uid, gid, cwd });

// The starter wants to know the program itself, not what holds it; after that there is nothing to say.
if (process.send !== undefined && child.pid !== undefined)
  process.send(child.pid, () => process.connected && process.disconnect());

let stopping = false;
function stop() {
  if (stopping) return;
  stopping = true;
  child.kill(stopSignal);
  setTimeout(() => child.kill('SIGKILL'), graceMs).unref();
}

process.stdin.on('end', stop);
process.stdin.on('error', stop);
process.stdin.resume();
process.stdin.unref();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, stop);

child.on('error', (error) => {
  process.stderr.write(`${command}: ${error.message}\n`);
  process.exit(127);
});
child.on('exit', (code, signal) => {
  if (code !== null || stopping) process.exit(code ?? 0);
  // Ended by somebody else's signal: then so are we, and the starter sees which.
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
