/** One round: leaves → switches → joins → commit. Level-triggered: the same for whatever has changed the rows. */
import { condition } from '@temporalio/workflow';
import { LIMITS } from '../domain/limits';
import { sourcesKey } from '../domain/plan-round';
import { committedLine } from '../domain/round-story';
import { SwitchProgramming, type Programmed, type Round } from './program-switches';
import { onSled, rows } from './proxies';
import { reasonOf } from './saga';
import { Story } from './story';

/** Runs the round, or the rest of it, to its commit; returns its story for the UI. */
export async function runRound(groupId: string, round: Round): Promise<string> {
  const story = new Story(`${round.name} ${round.ip}`);
  story.tell(`round ${round.round} for request ${round.covered}`);
  for (const { port, reason } of round.excluded) story.tell(`${port} left out: ${reason}`);
  const sleds = new SledPhases(groupId, round, story);
  await sleds.deactivate(round.leave, 'leave');
  const owed = sleds.deactivate(round.owed, 'leave again');
  const programmed = await new SwitchProgramming(groupId, round, story).run();
  if (programmed.outcome === 'served' && programmed.final !== null) {
    const joins = sleds.activate(round.join, programmed);
    await beforeSlowSleds(round, Promise.all([joins, owed]), () => commit(groupId, round, programmed, true, story));
    if (round.retires) {
      const sources = sourcesKey(programmed.final.sources);
      await sleds.deactivate(await rows.retireFlows({ groupId, sources, round: round.round }), 'leave old sources');
    }
  }
  await owed;
  await commit(groupId, round, programmed, false, story);
  return story.text();
}

async function commit(
  groupId: string,
  round: Round,
  programmed: Programmed,
  partial: boolean,
  story: Story,
): Promise<void> {
  const { round: number, covered } = round;
  const committed = await rows.commitRound({ groupId, round: number, covered, partial, ...programmed });
  await rows.tellWaiters({ groupId });
  story.tell(committedLine(committed, partial));
}

/** A slow sled delays only its own members: what is true without it is committed while it is waited for. */
async function beforeSlowSleds(round: Round, sleds: Promise<unknown>, commitSoFar: () => Promise<void>): Promise<void> {
  let done = false;
  const all = sleds.then(() => {
    done = true;
  });
  const several = round.join.length + round.owed.length > 1;
  if (several && !(await condition(() => done, LIMITS.slowSledMs))) await commitSoFar();
  await all;
}

/** Sleds are asked in parallel, each within its bound. One that does not answer is asked again by a later round. */
class SledPhases {
  constructor(
    private readonly groupId: string,
    private readonly round: Round,
    private readonly story: Story,
  ) {}

  async deactivate(sleds: string[], what: string): Promise<void> {
    await this.#ask(sleds, what, (sledId, summary) =>
      onSled(summary).deactivateFlows({ groupId: this.groupId, sledId }),
    );
  }

  /** Behind a port that stayed out nothing is activated. */
  async activate(sleds: Round['join'], { excluded }: Programmed): Promise<void> {
    const out = new Set(excluded.map((exclusion) => exclusion.port));
    const behind = sleds.filter((sled) => !out.has(sled.port)).map((sled) => sled.sledId);
    await this.#ask(behind, 'join', (sledId, summary) =>
      onSled(summary).activateFlows({ groupId: this.groupId, sledId }),
    );
  }

  async #ask(sleds: string[], what: string, ask: (sledId: string, summary: string) => Promise<number>): Promise<void> {
    await Promise.all(
      sleds.map(async (sledId) => {
        try {
          const flows = await ask(sledId, `sled ${sledId} ${this.round.ip} ${what}`);
          this.story.tell(`${what}: sled ${sledId}, ${flows} flows`);
        } catch (error) {
          this.story.tell(`${what}: ${reasonOf(error)}`);
        }
      }),
    );
  }
}
