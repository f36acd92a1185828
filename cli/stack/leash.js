'use strict';
/**
 * Preloaded (`node --require`) into every Node process of the stack: when the starter is gone, however it went, this
 * process ends too. The starter holds the other end of standard input and never writes to it, so its end is the
 * starter's end. The process gets its ordinary SIGTERM first and a bounded time to finish.
 */
const { isMainThread } = require('node:worker_threads');

const GRACE_MS = 10_000;

// Threads are given the same preloads, and standard input is not theirs.
if (isMainThread) {
  process.stdin.on('end', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.exit(1), GRACE_MS).unref();
  });
  process.stdin.on('error', () => {});
  process.stdin.resume();
  process.stdin.unref();
}
