/** States `db/flows.ts` and `db/orphan-flows.ts` again. */
import type * as real from '../../../../db/flows';
import type * as orphans from '../../../../db/orphan-flows';
import { atomic, type FlowRow, type Tables } from '../tables';

export const flowsToAsk: typeof real.flowsToAsk = atomic(
  (tables, groupId: string, sledIds: string[], state: 'joining' | 'leaving') =>
    tables.flows
      .filter((flow) => flow.groupId === groupId && sledIds.includes(flow.sledId) && flow.state === state)
      .map(({ sledId, propolisId, groupIp, sources }) => ({
        sledId,
        address: tables.sleds.has(sledId) ? sledId : null,
        propolisId,
        groupIp,
        sources: sources === '' ? [] : sources.split(','),
      })),
);

type Answers = real.FlowAnswer[];

function find(tables: Tables, groupId: string, { propolisId, sources }: real.FlowAnswer) {
  return tables.flows.find(
    (flow) => flow.groupId === groupId && flow.propolisId === propolisId && flow.sources === sources,
  );
}

/** The first statement of each says how many rows it has met. */
const noteJoined = atomic((tables, groupId: string, answers: Answers) => {
  let met = 0;
  for (const answer of answers) {
    const { reason, done } = answer;
    const flow = find(tables, groupId, answer);
    const state = flow?.state;
    if (flow === undefined || !(state === 'joining' || (state === 'leaving' && done))) continue;
    Object.assign(flow, { reason, state: state === 'joining' && done ? 'joined' : 'joining' });
    met += 1;
  }
  return met;
});

const noteUnknown = atomic((tables, groupId: string, answers: Answers) => {
  for (const answer of answers) {
    const { sledId, propolisId, groupIp, sources, done } = answer;
    if (!done || find(tables, groupId, answer) !== undefined) continue;
    const fresh = { groupId, propolisId, sledId, groupIp, sources, registering: false, round: 0, reason: null };
    tables.flows.push({ ...fresh, state: 'joining' });
  }
});

export const storeJoined: typeof real.storeJoined = async (db, groupId, answers) => {
  if (answers.length === 0 || (await noteJoined(db, groupId, answers)) === answers.length) return;
  await noteUnknown(db, groupId, answers);
};

const removeLeft = atomic((tables, groupId: string, answers: Answers) => {
  const left = answers.flatMap((answer) => {
    const flow = find(tables, groupId, answer);
    return flow?.state === 'leaving' && answer.done ? [flow] : [];
  });
  tables.flows = tables.flows.filter((flow) => !left.includes(flow));
  return left.length;
});

const noteLeft = atomic((tables, groupId: string, answers: Answers) => {
  for (const answer of answers) {
    const { reason, done } = answer;
    const flow = find(tables, groupId, answer);
    if (flow?.state === (done ? 'joined' : 'leaving'))
      Object.assign(flow, { reason, state: done ? 'joining' : 'leaving' });
  }
});

export const storeLeft: typeof real.storeLeft = async (db, groupId, answers) => {
  if (answers.length === 0 || (await removeLeft(db, groupId, answers)) === answers.length) return;
  await noteLeft(db, groupId, answers);
};

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
