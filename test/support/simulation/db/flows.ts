/** States `db/flows.ts` and `db/orphan-flows.ts` again. */
import type * as real from '../../../../db/flows';
import type * as orphans from '../../../../db/orphan-flows';
import { atomic, type FlowRow, type Tables } from '../tables';

export const flowsToAsk: typeof real.flowsToAsk = atomic(
  (tables, groupId: string, sledId: string, state: 'joining' | 'leaving') =>
    tables.flows
      .filter((flow) => flow.groupId === groupId && flow.sledId === sledId && flow.state === state)
      .map(({ propolisId, groupIp, sources }) => ({
        propolisId,
        groupIp,
        sources: sources === '' ? [] : sources.split(','),
      })),
);

function find(tables: Tables, groupId: string, { propolisId, sources }: real.FlowAnswer) {
  return tables.flows.find(
    (flow) => flow.groupId === groupId && flow.propolisId === propolisId && flow.sources === sources,
  );
}

export const storeJoined: typeof real.storeJoined = atomic((tables, groupId: string, sledId: string, answers) => {
  for (const answer of answers) {
    const { propolisId, groupIp, sources, reason, done } = answer;
    const flow = find(tables, groupId, answer);
    const fresh = { groupId, propolisId, sledId, groupIp, sources, registering: false, round: 0, reason: null };
    if (flow === undefined && done) tables.flows.push({ ...fresh, state: 'joining' });
    else if (flow?.state === 'joining') Object.assign(flow, { reason, state: done ? 'joined' : 'joining' });
    else if (flow?.state === 'leaving' && done) Object.assign(flow, { reason, state: 'joining' });
  }
});

export const storeLeft: typeof real.storeLeft = atomic((tables, groupId: string, answers) => {
  for (const answer of answers) {
    const flow = find(tables, groupId, answer);
    if (flow?.state === 'leaving' && answer.done) tables.flows = tables.flows.filter((each) => each !== flow);
    else if (flow?.state === 'leaving') flow.reason = answer.reason;
    else if (flow?.state === 'joined' && answer.done) Object.assign(flow, { reason: answer.reason, state: 'joining' });
  }
});

export const retireFlows: typeof real.retireFlows = atomic(
  (tables, groupId: string, sources: string, round: number) => {
    const own = tables.flows.filter((flow) => flow.groupId === groupId);
    const joined = new Set(
      own.filter((flow) => flow.sources === sources && flow.state === 'joined').map((flow) => flow.propolisId),
    );
    const old = own.filter((flow) => flow.sources !== sources && !flow.registering && joined.has(flow.propolisId));
    for (const flow of old) Object.assign(flow, { state: 'leaving', round });
    return [...new Set(old.map((flow) => flow.sledId))].toSorted();
  },
);

export const orphanFlows: typeof orphans.orphanFlows = atomic((tables) => {
  const others = (flow: FlowRow) => tables.flows.filter((each) => each !== flow && each.propolisId === flow.propolisId);
  return tables.flows
    .filter((flow) => !flow.registering && !tables.groups.has(flow.groupId))
    .map((flow) => {
      const { groupId, propolisId, groupIp, sources, sledId } = flow;
      const taken = others(flow).some((each) => each.groupIp === groupIp && each.sources === sources);
      const agentAddress = tables.sleds.has(sledId) && !taken ? sledId : null;
      return { groupId, propolisId, groupIp, sources, agentAddress };
    });
});

export const forgetFlows: typeof orphans.forgetFlows = atomic((tables, flows: orphans.OrphanFlow[]) => {
  const gone = (flow: FlowRow) =>
    !flow.registering &&
    flows.some(
      (each) => each.groupId === flow.groupId && each.propolisId === flow.propolisId && each.sources === flow.sources,
    );
  tables.flows = tables.flows.filter((flow) => !gone(flow));
});
