/** Sleds that have owed an answer are asked beside the switches: if the database is away meanwhile, the attempt fails, and nothing else does. */
import { MockActivityEnvironment } from '@temporalio/testing';
import pino from 'pino';
import { AwaitedRuns } from '../../activities/awaited-runs';
import type { Deps } from '../../activities/deps';
import { tryRound } from '../../activities/try-round';
import type { Round } from '../../db/begin-round';

const away = new Error('the database is away');
/** Its answer comes in a later turn, as from a connection that is lost. */
const db = {
  execute: () => new Promise((_, reject) => void setImmediate(() => reject(away))),
} as unknown as Deps['db'];

const round: Round = {
  kind: 'round',
  round: 1,
  covered: 1,
  name: 'group',
  ip: '224.1.1.1',
  underlayIp: 'ff04::1',
  inService: 1,
  desired: null,
  newPorts: [],
  excluded: [],
  switches: [],
  leave: [],
  owed: ['sled'],
  join: [{ sledId: 'other', port: 'rear1' }],
  retires: false,
};

test('the failure is the attempt’s own, and ends no process', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  const log = pino({ level: 'silent' });
  const deps = { db, log } as unknown as Deps;
  const teller = { db, temporal: deps.temporal, awaited: new AwaitedRuns(), telling: new Set<string>() };
  const attempt = new MockActivityEnvironment().run(() => tryRound(deps, teller, 'group', round));
  await expect(attempt).rejects.toThrow(away);
  await new Promise((resolve) => setTimeout(resolve, 50));
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});
