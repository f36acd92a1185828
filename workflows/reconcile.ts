/**
 * Whatever happened, the rack converges by itself: this workflow finds what is not as it should be and hands it to whoever owns it.
 * It has no second implementation of anything, an error in one step never keeps the others from running, and it waits for
 * what it has handed over only within a bound: it never holds the next pass back.
 */
import { patched, setCurrentDetails, sleep } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { LIMITS } from '../domain/limits';
import { overSwitches, rows } from './proxies';
import { reasonOf } from './saga';

type Outstanding = Awaited<ReturnType<Activities['outstanding']>>;

/** Counts of what this pass has found and brought about. */
export interface ReconcileReport {
  disabled: boolean;
  groups_created: number;
  groups_deleted: number;
  /** Objects compared and found right. */
  groups_verified: number;
  /** Groups found different on some switch. */
  groups_different: number;
  groups_repaired: number;
  groups_woken: number;
  members_processed: number;
  members_repaired: number;
  members_deleted: number;
  orphans_removed: number;
  events_redelivered: number;
  switches_checked: number;
  /** Work that was not done, apart from work that was not there. */
  skipped: string[];
  errors: string[];
}

export async function reconcile(): Promise<ReconcileReport> {
  const report = emptyReport();
  report.disabled = !(await rows.isEnabled());
  if (report.disabled) return report;
  const before = await rows.outstanding();
  await step(report, 'redeliver', () => redeliver(report));
  await step(report, 'tell late outcomes', async () => {
    await rows.tellLate();
  });
  await step(report, 'repair members', async () => {
    report.members_repaired = (await rows.repairMembers()).repaired;
  });
  const agents = patched('old-agents') ? step(report, 'agents', () => askOldAgents(report)) : Promise.resolve();
  await step(report, 'switches', () => compareSwitches(report));
  await agents;
  await step(report, 'wake', async () => {
    report.groups_woken = await overSwitches('wake groups that owe something').wakeDirtyGroups();
  });
  if (report.groups_woken + report.groups_different > 0) await step(report, 'settle', settle);
  // Events that another one's run has applied, and that it has not overtaken, are finished by runs of their own.
  if (report.events_redelivered > 0) await step(report, 'redeliver', () => redeliver(report));
  await step(report, 'forget repaired drift', () => rows.forgetDrift());
  await step(report, 'count', async () => count(report, before, await rows.outstanding()));
  return report;
}

async function step(report: ReconcileReport, name: string, work: () => Promise<void>): Promise<void> {
  setCurrentDetails(`**${name}**\n\n${summary(report)}`);
  try {
    await work();
  } catch (error) {
    report.errors.push(`${name}: ${reasonOf(error)}`);
  }
}

async function compareSwitches(report: ReconcileReport): Promise<void> {
  const health = await overSwitches('ask every switch').checkSwitches();
  report.switches_checked = health.length;
  await Promise.all(
    health.map((facing) =>
      step(report, facing.name, async () => {
        const compared = await overSwitches(`compare ${facing.name}`).compareSwitch({ switchId: facing.id });
        if (compared === null) {
          report.skipped.push(`${facing.name} is ${facing.service}${facing.error === null ? '' : `: ${facing.error}`}`);
          return;
        }
        add(report, facing.name, compared);
      }),
    ),
  );
}

type Comparison = NonNullable<Awaited<ReturnType<Activities['compareSwitch']>>>;

/** A pass that began on an earlier build was told neither errors nor what was unsure. */
function add(
  report: ReconcileReport,
  name: string,
  compared: Omit<Comparison, 'errors' | 'unsure'> & Partial<Comparison>,
) {
  const { verified, different, orphansRemoved, errors = [], unsure = 0 } = compared;
  report.groups_verified += verified;
  report.groups_different += different;
  report.orphans_removed += orphansRemoved;
  report.errors.push(...errors.map((error) => `${name}: ${error}`));
  if (unsure > 0) report.skipped.push(`${unsure} groups on ${name}: a round is at work on them, or owed`);
}

/** An agent that was too old for groups may have been upgraded: its members are then joined for real. */
async function askOldAgents(report: ReconcileReport): Promise<void> {
  report.members_repaired += await overSwitches('ask agents of version 4 again').askOldAgents();
}

async function redeliver(report: ReconcileReport): Promise<void> {
  report.events_redelivered += await overSwitches('redeliver accepted events').redeliver();
}

/** Until no group is due any more, or the bound. */
async function settle(): Promise<void> {
  for (let pause = LIMITS.settleFirstMs; pause <= LIMITS.settleLastMs; pause *= 2) {
    if ((await rows.outstanding()).groupsDue === 0) return;
    await sleep(pause);
  }
}

function count(report: ReconcileReport, before: Outstanding, after: Outstanding): void {
  const fewer = (was: number, is: number) => Math.max(0, was - is);
  report.groups_created = fewer(before.groupsCreating, after.groupsCreating);
  report.groups_deleted = fewer(before.groupsDeleting, after.groupsDeleting);
  report.members_deleted = fewer(before.tombstones, after.tombstones);
  report.groups_repaired = fewer(before.drift + report.groups_different, after.drift);
  report.members_processed = after.members;
}

function summary(report: ReconcileReport): string {
  const lines = Object.entries(report).filter(([, value]) => typeof value === 'number' && value > 0);
  return ['| | |', '|---|---|', ...lines.map(([name, value]) => `| ${name} | ${String(value)} |`)].join('\n');
}

function emptyReport(): ReconcileReport {
  return {
    disabled: false,
    groups_created: 0,
    groups_deleted: 0,
    groups_verified: 0,
    groups_different: 0,
    groups_repaired: 0,
    groups_woken: 0,
    members_processed: 0,
    members_repaired: 0,
    members_deleted: 0,
    orphans_removed: 0,
    events_redelivered: 0,
    switches_checked: 0,
    skipped: [],
    errors: [],
  };
}
