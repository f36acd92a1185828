/** States `db/flows.ts` again. */
import type * as real from '../../../../db/flows';
import { atomic, type Tables } from '../tables';

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

function find(tables: Tables, groupId: string, answer: real.FlowAnswer, state: 'joining' | 'leaving') {
  return tables.flows.find(
    (flow) =>
      flow.groupId === groupId &&
      flow.propolisId === answer.propolisId &&
      flow.sources === answer.sources &&
      flow.state === state,
  );
}

export const storeJoined: typeof real.storeJoined = atomic((tables, groupId: string, answers) => {
  for (const answer of answers) {
    const flow = find(tables, groupId, answer, 'joining');
    if (flow === undefined) continue;
    flow.reason = answer.reason;
    if (answer.done) flow.state = 'joined';
  }
});

export const storeLeft: typeof real.storeLeft = atomic((tables, groupId: string, answers) => {
  for (const answer of answers) {
    const flow = find(tables, groupId, answer, 'leaving');
    if (flow === undefined) continue;
    if (answer.done) tables.flows = tables.flows.filter((each) => each !== flow);
    else flow.reason = answer.reason;
  }
});

export const retireFlows: typeof real.retireFlows = atomic(
  (tables, groupId: string, sources: string, round: number) => {
    const own = tables.flows.filter((flow) => flow.groupId === groupId);
    const joined = new Set(
      own.filter((flow) => flow.sources === sources && flow.state === 'joined').map((flow) => flow.propolisId),
    );
    const old = own.filter((flow) => flow.sources !== sources && joined.has(flow.propolisId));
    for (const flow of old) Object.assign(flow, { state: 'leaving', round });
    return [...new Set(old.map((flow) => flow.sledId))].toSorted();
  },
);

export const notePrepared: typeof real.notePrepared = atomic((tables, vmm, groups) => {
  for (const { groupId, groupIp, sources } of groups) {
    const group = tables.groups.get(groupId);
    const same = (flow: { groupId: string; propolisId: string; sources: string }) =>
      flow.groupId === groupId && flow.propolisId === vmm.propolisId && flow.sources === sources;
    const present = tables.flows.find(same);
    if (present?.state === 'leaving') present.state = 'joining';
    if (group === undefined || present !== undefined) continue;
    const { propolisId, sledId } = vmm;
    const prepared = { groupId, propolisId, sledId, groupIp, sources, round: group.round, reason: null };
    tables.flows.push({ ...prepared, state: 'joining' });
  }
});

export const forgetVmm: typeof real.forgetVmm = atomic((tables, propolisId: string) => {
  tables.flows = tables.flows.filter((flow) => flow.propolisId !== propolisId);
});
