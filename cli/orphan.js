'use strict';
/**
 * Preloaded into what `npm start` and `npm test` run: ends this process (with an ordinary SIGTERM) when the one that
 * started it is gone. npm does not pass on every signal that ends it, and a stack that nobody holds must not stay.
 *
 * npm may have put a shell between itself and us, which outlives it; so the parent's own parent is watched too where the
 * system shows it.
 */
const { readFileSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');

const EVERY_MS = 500;

function parentOf(pid) {
  try {
    // "pid (name) state ppid …"; the name may contain anything.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[1];
  } catch {
    return undefined;
  }
}

if (isMainThread) {
  const ancestors = () => `${process.ppid} ${parentOf(process.ppid)}`;
  const first = ancestors();
  const watch = setInterval(() => {
    if (ancestors() === first) return;
    clearInterval(watch); // once: a second signal may mean "do not wait"
    process.kill(process.pid, 'SIGTERM');
  }, EVERY_MS);
  watch.unref();
}
