/** The client side of Temporal, as activities and the API know it: every call takes a while, and may find the server down. */
import type { EventEnd, EventRef, WorkflowKind } from '../../../domain/events';
import { WORKFLOW_OF } from '../../../domain/events';
import {
  ENDED_SIGNAL,
  groupUpdateWorkflowId,
  groupWorkflowId,
  lifecycleWorkflowId,
  OUTCOMES_SIGNAL,
  switchWorkflowId,
  WAKE_SIGNAL,
} from '../../../domain/workflow-ids';
import type { LifecycleAbout, WaiterOutcome } from '../../../temporal/client';
import { WorkflowNotFoundError } from './client-module';
import type { Clock } from './clock';
import type { Engine } from './engine';
import { hit } from './stage';

export type EngineClient = ReturnType<typeof clientOf>;

export function clientOf(engine: Engine, clock: Clock) {
  async function call<T>(effect: () => T): Promise<T> {
    await clock.point();
    if (clock.now < engine.downUntil) {
      hit('Temporal does not answer');
      throw new Error('Temporal does not answer');
    }
    const answer = effect();
    await clock.point();
    return answer;
  }

  function signal(workflowId: string, name: string, told: unknown): void {
    const run = engine.runs.get(workflowId);
    if (run === undefined || run.closed) throw new WorkflowNotFoundError();
    run.deliver({ kind: 'signal', name, args: [told] });
  }

  function describe(id: string) {
    const run = engine.runs.get(id);
    if (run === undefined) throw new WorkflowNotFoundError();
    return { status: { name: run.closed ? 'COMPLETED' : 'RUNNING' } };
  }

  return {
    client: { workflow: { getHandle: (id: string) => ({ describe: () => call(() => describe(id)) }) } },
    startLifecycle: (kind: WorkflowKind, events: EventRef[], about: LifecycleAbout = {}) =>
      call(() => {
        const workflowId = about.workflowId ?? lifecycleWorkflowId(kind, events);
        const input = { events, groups: about.groups?.map((group) => group.id) ?? [] };
        return { workflowId, runId: engine.start(workflowId, WORKFLOW_OF[kind], input).runId };
      }),
    wakeGroup: ({ id, ip }: { id: string; ip: string }) =>
      call(() => void engine.start(groupWorkflowId(id), 'groupConverge', { groupId: id, ip }, WAKE_SIGNAL)),
    tellOutcomes: (workflowId: string, outcomes: WaiterOutcome[]) =>
      call(() => signal(workflowId, OUTCOMES_SIGNAL, outcomes)),
    tellEnded: (workflowId: string, events: EventEnd[]) => call(() => signal(workflowId, ENDED_SIGNAL, events)),
    tellUpdate: (updateId: string, outcome: Pick<WaiterOutcome, 'outcome' | 'reason'>) =>
      call(() => signal(groupUpdateWorkflowId(updateId), OUTCOMES_SIGNAL, outcome)),
    startResync: (facing: { id: string; name: string }) =>
      call(() => void engine.start(switchWorkflowId(facing.id), 'switchResync', facing)),
    startUpdate: (update: { updateId: string; group: { id: string; ip: string; name: string } }) =>
      call(() => void engine.start(groupUpdateWorkflowId(update.updateId), 'groupUpdate', update)),
    trigger: (schedule: string) =>
      call(() => void engine.start(schedule, schedule === 'switch-health' ? 'switchHealth' : 'reconcile', undefined)),
  };
}
