/** What the workflows of a measurement left in Temporal: history events and bytes, by the type of the workflow. */
import type { Client } from '@temporalio/client';
import { pause } from './command';

export interface HistoryCost {
  workflows: number;
  events: number;
  bytes: number;
}

const OURS = `WorkflowType in ('groupConverge', 'instanceCreate', 'instanceStart', 'instanceStop')`;
const BOUND_MS = 60_000;

/** Waits until the groups' workflows have completed, as they do by themselves when nothing more comes. */
export async function workflowsEnded(client: Client): Promise<void> {
  const deadline = Date.now() + BOUND_MS;
  for (;;) {
    const { count } = await client.workflow.count(`${OURS} and ExecutionStatus = 'Running'`);
    if (count === 0) return;
    if (Date.now() > deadline) throw new Error(`${count} workflows did not end`);
    await pause(500);
  }
}

/** Of workflows that were started since; those that ended by continuing as new are counted too. */
export async function historiesSince(client: Client, since: Date): Promise<Record<string, HistoryCost>> {
  const costs: Record<string, HistoryCost> = {};
  const query = `${OURS} and StartTime >= '${since.toISOString()}'`;
  for await (const { type, historyLength, historySize } of client.workflow.list({ query, pageSize: 1_000 })) {
    const cost = (costs[type] ??= { workflows: 0, events: 0, bytes: 0 });
    cost.workflows += 1;
    cost.events += historyLength;
    cost.bytes += historySize ?? 0;
  }
  return costs;
}

export function totalOf(costs: Record<string, HistoryCost>): HistoryCost {
  const sum = (of: (cost: HistoryCost) => number): number =>
    Object.values(costs).reduce((all, cost) => all + of(cost), 0);
  return {
    workflows: sum((cost) => cost.workflows),
    events: sum((cost) => cost.events),
    bytes: sum((cost) => cost.bytes),
  };
}
