/**
 * The first attempt at a round, all of it in one step: leaves → switches → joins → commit. Where all goes well nothing else is needed.
 * What resists is returned as the rest of the round, for the saga's steps, which can be seen, tried again and undone.
 *
 * If the worker dies in the middle, the step begins a round of its own, which finds in the rows what this one may have touched.
 */
import { isCoded, REFUSALS } from '../domain/errors';
import { sourcesKey } from '../domain/plan-round';
import type { SwitchTask } from '../domain/plan-round';
import { committedLine } from '../domain/round-story';
import type { Round } from '../db/begin-round';
import { commitRound, type Committed, type RoundEnd } from '../db/commit-round';
import { retireFlows } from '../db/flows';
import { askSleds, type SledAnswer } from './ask-sleds';
import type { Deps } from './deps';
import { textOf } from './failures';
import { countRound } from './metrics';
import { attemptAt } from './program-switch';
import { tellGroup, type Teller } from './tell';

/** A round that came to its end at the first attempt. */
export interface RoundDone {
  kind: 'done';
  /** What it did, line by line, for people. */
  story: string[];
  name: string;
  ip: string;
  /** Until the next round: 0 = at once, null = nothing is owed. */
  retryInMs: number | null;
  gone: boolean;
  /** Those who wait for its outcome are still to be told. */
  untold: boolean;
}

type Receipt = RoundEnd['receipts'][number];

export async function tryRound(deps: Deps, teller: Teller, groupId: string, round: Round): Promise<Round | RoundDone> {
  const story = [`round ${round.round} for request ${round.covered}`];
  for (const { port, reason } of round.excluded) story.push(`${port} left out: ${reason}`);
  const ask = async (sledIds: string[], what: string, slow?: () => Promise<void>) => {
    const answers = await askSleds(deps, groupId, sledIds, what === 'join' ? 'joining' : 'leaving', slow);
    story.push(...answers.map((answer) => sledLine(what, answer)));
    return answers.filter((answer) => answer.failure?.retry === true).map((answer) => answer.sledId);
  };

  const silent = await ask(round.leave, 'leave');
  if (silent.length > 0) return { ...round, leave: silent };
  const owed = ask(round.owed, 'leave again');
  // It is awaited further down; if it fails before that, it is no unhandled failure, which would end the worker.
  owed.catch(() => undefined);

  const tried = await Promise.all(round.switches.map((task) => trySwitch(deps, groupId, round, task)));
  story.push(...tried.map((each) => each.line));
  const receipts = tried.flatMap((each) => each.receipt ?? []);
  const rest: Round = { ...round, leave: [], owed: [], switches: [], receipts };
  const resisting = tried.filter((each) => each.receipt === null);
  if (resisting.length > 0 || round.inService === 0) {
    await owed;
    const [final, open] = partition(resisting, (each) => each.refusal !== null);
    return {
      ...rest,
      refused: final.map(({ task, refusal }) => ({ task, reason: refusal ?? '' })),
      // What they hold is not known any more.
      switches: open.map(({ task }) => ({ ...task, known: null })),
    };
  }

  const served = { outcome: 'served', reason: null, final: round.desired, settled: true, undecided: false } as const;
  const { excluded, covered } = round;
  const commit = async (partial: boolean): Promise<Committed | null> => {
    const end = { groupId, round: round.round, covered, partial, ...served, receipts, excluded };
    const committed = await commitRound(deps.db, end);
    if (committed !== null) countRound('served');
    story.push(committedLine(committed, partial));
    return committed;
  };
  let soFar = false;
  const commitSoFar = async () => {
    soFar = true;
    await commit(true);
    await tell(deps, teller, groupId);
  };
  const waiting = await ask(
    round.join.map((sled) => sled.sledId),
    'join',
    commitSoFar,
  );
  await owed;
  if (waiting.length > 0) {
    if (!soFar) await commitSoFar();
    return { ...rest, join: round.join.filter((sled) => waiting.includes(sled.sledId)) };
  }
  if (round.retires && round.desired !== null)
    await ask(await retireFlows(deps.db, groupId, sourcesKey(round.desired.sources), round.round), 'leave old sources');
  const committed = await commit(false);
  const { name, ip } = round;
  const untold = !(await tell(deps, teller, groupId));
  const retryInMs = committed === null ? 0 : committed.retryInMs;
  return { kind: 'done', story, name, ip, retryInMs, gone: committed?.gone === true, untold };
}

interface TriedSwitch {
  task: SwitchTask;
  line: string;
  /** Null: the round needs it, and it has not acknowledged. */
  receipt: Receipt | null;
  /** Why it will not acknowledge at another attempt either. */
  refusal: string | null;
}

function partition<T>(items: T[], belongs: (item: T) => boolean): [T[], T[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))];
}

async function trySwitch(
  deps: Deps,
  groupId: string,
  { ip, underlayIp }: Round,
  task: SwitchTask,
): Promise<TriedSwitch> {
  const { switchId, incarnation, desired: config, name, change, required } = task;
  const about = { switchId, incarnation, config, refused: false };
  try {
    const done = await attemptAt(deps, { groupId, ip, underlayIp, task, undo: false }, 1);
    const acknowledged = done.status === 'acknowledged';
    const writes = done.status === 'acknowledged' ? done.writes : 0;
    const receipt = acknowledged || !required ? { ...about, acknowledged, error: null, writes } : null;
    return { task, line: `${name} ${change}: ${done.status}`, receipt, refusal: null };
  } catch (error) {
    const said = textOf(error);
    const reason = `${name}: ${said}`;
    // One that is being brought back fails nobody.
    const receipt = required ? null : { ...about, acknowledged: false, error: reason };
    const refusal = isCoded(error, ...REFUSALS) ? reason : null;
    return { task, line: `${name} ${change}: ${said}`, receipt, refusal };
  }
}

/** Whether they were told: if Temporal does not take it now, the workflow sees to it. */
async function tell({ log }: Deps, teller: Teller, groupId: string): Promise<boolean> {
  try {
    await tellGroup(teller, groupId);
    return true;
  } catch (error) {
    log.warn({ group: groupId, reason: textOf(error) }, 'an outcome was not told');
    return false;
  }
}

function sledLine(what: string, { sledId, flows, failure }: SledAnswer): string {
  return failure === null ? `${what}: sled ${sledId}, ${flows} flows` : `${what}: sled ${sledId}: ${failure.message}`;
}
