/** What a health check makes of a switch. */
import { LIMITS } from '../../domain/limits';
import { nextStanding, type Observation, type SwitchService, type SwitchStanding } from '../../domain/switch-service';

const standing = (service: SwitchService, over: Partial<SwitchStanding> = {}): SwitchStanding => ({
  service,
  incarnation: 1_000,
  lastSeen: { uptime: 100, secondsAgo: 5 },
  failures: 0,
  swept: true,
  ports: ['rear1'],
  ...over,
});
const answers = (uptime = 105): Observation => ({ answered: true, uptime, now: 5_000, multicast: true });
const silent: Observation = { answered: false };
const last = LIMITS.healthFailures - 1;

test.each<[string, SwitchStanding, Observation, Partial<SwitchStanding>]>([
  ['in service, answers', standing('in_service', { failures: 1 }), answers(), { service: 'in_service', failures: 0 }],
  ['in service, silent once', standing('in_service'), silent, { service: 'in_service', failures: 1, swept: true }],
  [
    'in service, silent once too often',
    standing('in_service', { failures: last }),
    silent,
    { service: 'unreachable', swept: false },
  ],
  [
    'resyncing, silent once too often',
    standing('resyncing', { failures: last }),
    silent,
    { service: 'unreachable', swept: false },
  ],
  [
    'unreachable, answers again: its ports are asked for anew',
    standing('unreachable', { failures: 9 }),
    answers(),
    { service: 'resyncing', failures: 0, swept: false, ports: null },
  ],
  ['resyncing, answers', standing('resyncing'), answers(), { service: 'resyncing', swept: true, ports: ['rear1'] }],
  [
    'its uptime went back: restarted, and empty',
    standing('in_service'),
    answers(99),
    { service: 'resyncing', incarnation: 4_901, swept: false, ports: null },
  ],
  [
    'up for less than it was away: restarted',
    standing('in_service', { lastSeen: { uptime: 10, secondsAgo: 60 } }),
    answers(60 - LIMITS.bootSlackS - 1),
    { service: 'resyncing', swept: false },
  ],
  [
    'within the slack it is the same boot',
    standing('in_service', { lastSeen: { uptime: 10, secondsAgo: 60 } }),
    answers(60 - LIMITS.bootSlackS),
    { service: 'in_service', incarnation: 1_000 },
  ],
  [
    'never seen before',
    standing('unreachable', { incarnation: 0, lastSeen: null }),
    answers(),
    { service: 'resyncing', incarnation: 4_895 },
  ],
  [
    'a new incarnation is never an old name',
    standing('in_service', { incarnation: 9_000 }),
    answers(0),
    { service: 'resyncing', incarnation: 9_001 },
  ],
  [
    'without multicast',
    standing('in_service'),
    { answered: true, uptime: 105, now: 5_000, multicast: false },
    { service: 'unreachable', swept: false },
  ],
  ['of no use', standing('resyncing'), { answered: true, unusable: true }, { service: 'unreachable', swept: false }],
])('%s', (_, before, seen, after) => {
  expect(nextStanding(before, seen)).toMatchObject(after);
});
