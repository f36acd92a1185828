/**
 * Whatever happened, the rack converges by itself: this workflow finds what is not as it should be and hands it to whoever owns it.
 * It has no second implementation of anything, and an error in one step never keeps the others from running.
 */
import { upsertMemo } from '@temporalio/workflow';
import { overSwitches, rows } from './proxies';
import { reasonOf } from './saga';

export interface ReconcileReport {
  disabled: boolean;
  switches_checked: number;
  groups_verified: number;
  groups_different: number;
  groups_woken: number;
  members_repaired: number;
  tombstones: number;
  orphans_removed: number;
  events_redelivered: number;
  /** Work that was not done, apart from work that was not there. */
  skipped: string[];
  errors: string[];
}

export async function reconcile(): Promise<ReconcileReport> {
  const report = emptyReport();
  const step = async (name: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      report.errors.push(`${name}: ${reasonOf(error)}`);
    }
  };
  report.disabled = !(await rows.isEnabled());
  if (report.disabled) return report;
  await step('redeliver', async () => {
    report.events_redelivered = await overSwitches('redeliver accepted events').redeliver();
  });
  await step('repair members', async () => {
    const { repaired, tombstones } = await rows.repairMembers();
    report.members_repaired = repaired;
    report.tombstones = tombstones;
  });
  await step('switches', () => compareSwitches(report, step));
  await step('wake', async () => {
    report.groups_woken = await overSwitches('wake groups that owe something').wakeDirtyGroups();
  });
  upsertMemo({ report });
  return report;
}

async function compareSwitches(
  report: ReconcileReport,
  step: (name: string, work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const health = await overSwitches('ask every switch').checkSwitches();
  report.switches_checked = health.length;
  await Promise.all(
    health.map((facing) =>
      step(facing.name, async () => {
        const compared = await overSwitches(`compare ${facing.name}`).compareSwitch({ switchId: facing.id });
        if (compared === null) {
          report.skipped.push(`${facing.name} is ${facing.service}${facing.error === null ? '' : `: ${facing.error}`}`);
          return;
        }
        report.groups_verified += compared.verified;
        report.groups_different += compared.different;
        report.orphans_removed += compared.orphansRemoved;
      }),
    ),
  );
}

function emptyReport(): ReconcileReport {
  return {
    disabled: false,
    switches_checked: 0,
    groups_verified: 0,
    groups_different: 0,
    groups_woken: 0,
    members_repaired: 0,
    tombstones: 0,
    orphans_removed: 0,
    events_redelivered: 0,
    skipped: [],
    errors: [],
  };
}
