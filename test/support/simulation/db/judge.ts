/** States `db/judge-members.ts` again. */
import type { RoundEnd } from '../../../../db/commit-round';
import type { MemberCounts } from '../../../../db/judge-members';
import { underlayPorts } from '../../../../domain/desired';
import { stage } from '../stage';
import type { FlowRow, MemberRow, Tables } from '../tables';

interface Fact {
  member: MemberRow;
  located: boolean;
  migrating: boolean;
  judged: boolean;
  fits: boolean;
  targetFits: boolean;
  remark: string | null;
  why: string;
  /** Whether anybody has said why. */
  known: boolean;
  excluded: boolean;
}

function factsOf(tables: Tables, end: RoundEnd, sources: string): Fact[] {
  const ports = new Set(underlayPorts(end.final));
  const flow = (vmm: string | undefined): FlowRow | undefined =>
    tables.flows.find((row) => row.groupId === end.groupId && row.propolisId === vmm && row.sources === sources);
  return tables.live(end.groupId).map((member) => {
    const [here, there] = [tables.portOf(member.location), tables.portOf(member.target)];
    const [lf, tf] = [flow(member.location?.propolisId), flow(member.target?.propolisId)];
    const out = (port: string | null) => end.excluded.find((each) => each.port === port)?.reason ?? null;
    const known =
      end.reason ??
      (here === null ? 'the sled is not registered' : null) ??
      lf?.reason ??
      (member.target === null ? null : (tf?.reason ?? null));
    return {
      member,
      located: member.location !== null,
      migrating: member.target !== null,
      judged: isCovered(member.generation, end),
      fits: end.settled && (member.location === null || (ports.has(here ?? '') && lf?.state === 'joined')),
      targetFits: end.settled && ports.has(there ?? '') && tf?.state === 'joined',
      remark: lf?.state === 'joined' ? lf.reason : null,
      why: out(here) ?? out(there) ?? known ?? 'not programmed yet',
      known: known !== null,
      excluded: out(here) !== null || out(there) !== null,
    };
  });
}

/** What changed after the round had read the rows is left to the next. */
function isCovered(request: number, { covered }: RoundEnd): boolean {
  return request <= covered || stage().defect === 'requests not compared';
}

export function judgeMembers(tables: Tables, end: RoundEnd, sources: string): MemberCounts {
  const counts = { joined: 0, left: 0, removed: 0, waiting: 0 };
  for (const { member, located, judged, fits, remark, why } of factsOf(tables, end, sources)) {
    if (!judged) continue;
    const before = member.state;
    if (end.settled) member.state = !located ? 'left' : fits ? 'joined' : end.partial ? before : 'joining';
    const kept = end.partial || (before === 'joined' && !end.settled);
    member.reason = !located ? null : fits ? remark : kept ? member.reason : why;
    if (member.state !== before) counts[member.state === 'joining' ? 'waiting' : member.state] += 1;
  }
  if (end.settled)
    tables.members = tables.members.filter(
      (member) => member.groupId !== end.groupId || !member.deleted || !isCovered(member.generation, end),
    );
  return counts;
}

export function judgeWaiters(tables: Tables, end: RoundEnd, sources: string): void {
  const facts = factsOf(tables, end, sources);
  const failed = end.outcome === 'served' ? 'failed' : end.outcome;
  for (const waiter of tables.waiters) {
    if (waiter.groupId !== end.groupId || waiter.outcome !== null || !isCovered(waiter.request, end)) continue;
    const fact = facts.find((each) => each.member.instanceId === waiter.instanceId);
    const outcome = verdict(fact, end.settled, failed);
    if (outcome === null || (outcome !== 'served' && end.partial)) continue;
    waiter.outcome = outcome;
    tables.waits.get(waiter.eventId)?.set(waiter.groupId, outcome);
    waiter.reason = outcome === 'served' ? null : (fact?.why ?? end.reason);
  }
}

function verdict(fact: Fact | undefined, settled: boolean, failed: 'failed' | 'refused') {
  if (fact === undefined) return settled ? 'served' : failed;
  if (!fact.judged) return 'served';
  if (fact.migrating ? fact.targetFits : fact.fits) return 'served';
  if (fact.excluded) return 'refused';
  return fact.known ? failed : null;
}
