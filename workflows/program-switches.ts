/**
 * The switches' part of a round, a saga over those that it needs: all of them end with the new configuration, or all with the
 * last one that all had acknowledged, less what nobody wants any more.
 *
 * When a switch refuses, the round looks for the port that it refuses: everything else is served, that port is left out with
 * its reason. Switches that are being brought back are written too, but their failure fails nobody.
 */
import { ActivityFailure, ApplicationFailure, CancellationScope } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { underlayPorts, withPorts, type Exclusion } from '../domain/desired';
import { REFUSALS } from '../domain/errors';
import type { SwitchTask } from '../domain/plan-round';
import type { SwitchConfig } from '../domain/switch-config';
import { onResyncingSwitch, onSwitch, rows, undoOnSwitch } from './proxies';
import { reasonOf } from './saga';
import type { Story } from './story';

export type Round = Extract<Awaited<ReturnType<Activities['beginRound']>>, { kind: 'round' }>;
type RoundEnd = Parameters<Activities['commitRound']>[0];
type Receipt = RoundEnd['receipts'][number];

/** What the switches' part of a round brings to its commit. */
export type Programmed = Pick<
  RoundEnd,
  'outcome' | 'reason' | 'final' | 'settled' | 'undecided' | 'receipts' | 'excluded'
>;

/** How one switch ended: with the configuration, no longer in service, or with an error that is terminal or not. */
interface Ending {
  task: SwitchTask;
  status: 'acknowledged' | 'left' | 'failed' | 'refused';
  reason: string | null;
  writes: number;
}

export class SwitchProgramming {
  readonly #receipts = new Map<string, Receipt>();
  readonly #left = new Set<string>();
  readonly #excluded: Exclusion[];

  constructor(
    private readonly groupId: string,
    private readonly round: Round,
    private readonly story: Story,
  ) {
    this.#excluded = [...round.excluded];
    for (const receipt of round.receipts ?? []) this.#receipts.set(receipt.switchId, receipt);
  }

  /** All switches to the desired configuration, or all back. */
  async run(): Promise<Programmed> {
    const { desired, newPorts, refused = [] } = this.round;
    const before = refused.map(({ task, reason }): Ending => ({ task, status: 'refused', reason, writes: 0 }));
    for (const ending of before) this.#note(ending);
    const endings = [...before, ...(await this.#forward(this.round.switches, ''))];
    const problem = worst(endings);
    if (problem === null) return this.#end(desired, null);
    // A deletion only goes forward: there is nothing to go back to.
    if (desired === null) return this.#failed(problem);
    if (problem.status === 'failed') return this.#restore(problem);
    return this.#withoutRefusedPorts(desired, newPorts, problem);
  }

  /** Finds the ports that some switch refuses: first none of the new ones, then one after the other. */
  async #withoutRefusedPorts(desired: SwitchConfig, newPorts: string[], refusal: Ending): Promise<Programmed> {
    if (newPorts.length === 0) return this.#restore(refusal);
    const isNew = new Set(newPorts);
    let reached = withPorts(
      desired,
      underlayPorts(desired).filter((port) => !isNew.has(port)),
    );
    const bare = await this.#toward(reached, 'without new ports');
    if (bare !== null) return this.#restore(bare);
    for (const port of newPorts) {
      const next = withPorts(reached, [...underlayPorts(reached), port]);
      const problem = newPorts.length === 1 ? refusal : await this.#toward(next, `try ${port}`);
      if (problem === null) {
        reached = next;
        continue;
      }
      if (problem.status === 'failed') return this.#restore(problem, reached);
      await this.#refuse(port, problem);
      const back = newPorts.length === 1 ? null : await this.#toward(reached, `without ${port}`);
      if (back !== null) return this.#restore(back, reached);
    }
    return this.#end(reached, null);
  }

  async #refuse(port: string, { task, reason }: Ending): Promise<void> {
    const why = reason ?? `${task.name} refuses ${port}`;
    this.#excluded.push({ port, reason: why });
    this.story.tell(`${port} refused: ${why}`);
    const { switchId, incarnation } = task;
    await rows.recordRefusal({ switchId, groupId: this.groupId, port, incarnation, reason: why });
  }

  /** The same configuration everywhere; returns the worst ending, if it is a problem. */
  async #toward(config: SwitchConfig, what: string): Promise<Ending | null> {
    const tasks = await rows.planConfig({ groupId: this.groupId, round: this.round.round, desired: config });
    return worst(await this.#forward(tasks, what));
  }

  async #forward(tasks: SwitchTask[], what: string): Promise<Ending[]> {
    const endings = await Promise.all(tasks.map((task) => this.#onSwitch(task, what, false)));
    for (const ending of endings) this.#note(ending);
    return endings;
  }

  /** Back to what all had acknowledged, on every switch, whatever is cancelled meanwhile. */
  async #restore(problem: Ending, reached?: SwitchConfig): Promise<Programmed> {
    this.story.tell(`going back: ${problem.reason ?? problem.status}`);
    return CancellationScope.nonCancellable(async () => {
      const input = { groupId: this.groupId, round: this.round.round };
      const { target, switches } = await rows.planRestore(reached === undefined ? input : { ...input, reached });
      const endings = await Promise.all(switches.map((task) => this.#onSwitch(task, 'undo', true)));
      for (const ending of endings) this.#note(ending);
      return worst(endings) === null ? this.#end(target, problem) : this.#failed(problem);
    });
  }

  async #onSwitch(task: SwitchTask, what: string, undo: boolean): Promise<Ending> {
    const summary = [what, task.name, this.round.ip, task.change].filter((part) => part !== '').join(' ');
    const step = !task.required ? onResyncingSwitch(summary) : undo ? undoOnSwitch(summary) : onSwitch(summary);
    try {
      const { ip, underlayIp } = this.round;
      const done = await step.programSwitch({ groupId: this.groupId, ip, underlayIp, task, undo });
      if (done.status === 'left') return { task, status: 'left', reason: `${task.name} left service`, writes: 0 };
      return { task, status: 'acknowledged', reason: null, writes: done.writes };
    } catch (error) {
      return { task, status: isRefusal(error) ? 'refused' : 'failed', reason: reasonOf(error), writes: 0 };
    }
  }

  #note({ task, status, reason, writes }: Ending): void {
    this.story.tell(`${task.name} ${task.change}: ${status}${reason === null ? '' : `, ${reason}`}`);
    if (status === 'left' && task.required) this.#left.add(task.switchId);
    // A switch may be written several times in a round: all of it counts.
    const before = this.#receipts.get(task.switchId)?.writes ?? 0;
    this.#receipts.set(task.switchId, {
      switchId: task.switchId,
      incarnation: task.incarnation,
      config: task.desired,
      acknowledged: status === 'acknowledged',
      refused: status === 'refused',
      // That it left says nothing about this group: it is asked again at once when it is back.
      error: status === 'failed' || status === 'refused' ? reason : null,
      writes: before + writes,
    });
  }

  /** Every required switch holds `final`. Without any, nothing is reported as done. */
  #end(final: SwitchConfig | null, problem: Ending | null): Programmed {
    if (this.round.inService - this.#left.size < 1) {
      return {
        ...this.#brought(),
        outcome: 'failed',
        reason: 'no switch is in service',
        final,
        settled: false,
        undecided: true,
      };
    }
    const outcome = problem === null ? 'served' : problem.status === 'refused' ? 'refused' : 'failed';
    return { ...this.#brought(), outcome, reason: problem?.reason ?? null, final, settled: true, undecided: false };
  }

  #failed({ status, reason }: Ending): Programmed {
    return {
      ...this.#brought(),
      outcome: status === 'refused' ? 'refused' : 'failed',
      reason,
      final: null,
      settled: false,
      undecided: false,
    };
  }

  #brought(): Pick<Programmed, 'receipts' | 'excluded'> {
    return { receipts: [...this.#receipts.values()], excluded: this.#excluded };
  }
}

/** What decides about the round: of the switches that it needs, a failure before a refusal. */
function worst(endings: Ending[]): Ending | null {
  const required = endings.filter((ending) => ending.task.required);
  return (
    required.find((ending) => ending.status === 'failed') ??
    required.find((ending) => ending.status === 'refused') ??
    null
  );
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof ActivityFailure)) return false;
  const { cause } = error;
  return (
    cause instanceof ApplicationFailure && cause.nonRetryable === true && REFUSALS.some((code) => code === cause.type)
  );
}
