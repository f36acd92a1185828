/** Health of the switches, and bringing back those that answer again. */
import { heartbeat, sleep } from '@temporalio/activity';
import { CodedError } from '../domain/errors';
import { LIMITS } from '../domain/limits';
import { nextStanding, type Observation } from '../domain/switch-service';
import type { DpdClient, SwitchStatus } from '../dataplane/dpd/client';
import { databaseTime } from '../db/compare-switch';
import {
  dirtyGroups,
  findSwitch,
  allSwitches,
  groupsUnderWay,
  promoteSwitch,
  requestBehind,
  storeSwitch,
  type SwitchRow,
} from '../db/switch-service';
import { fewOf } from './every';
import { orphansOf, removeOrphans, type Orphan } from './orphans';
import { runningWorkflow } from './running-workflow';
import type { Deps } from './deps';
import { textOf } from './failures';
import { wakeAll } from './wake';

export interface SwitchHealth {
  id: string;
  name: string;
  service: SwitchRow['service'];
  error: string | null;
}

export function healthActivities({ db, switches, temporal, log }: Deps) {
  return {
    /** Asks every switch for its uptime, all at once, and stores what follows from the answer. */
    async checkSwitches(): Promise<SwitchHealth[]> {
      const rows = await allSwitches(db);
      return Promise.all(
        rows.map(async (row) => {
          const { observation, status, error } = await observe(() => switches.at(row.address));
          const next = nextStanding(row, observation);
          if (next.service !== row.service)
            log.info({ switch: row.slot, from: row.service, to: next.service, error }, 'switch service');
          await storeSwitch(db, row, {
            ...next,
            apiVersion: status?.apiVersion ?? null,
            multicast: status?.multicast ?? true,
            lastError: next.service === 'in_service' ? error : (error ?? row.lastError),
            uptime: status?.uptimeSeconds ?? null,
          });
          return { id: row.id, name: `switch${row.slot}`, service: next.service, error };
        }),
      );
    },

    /** Starts the workflow that brings a switch back, or finds it running. */
    async startResync(input: { id: string; name: string }): Promise<void> {
      await temporal.startResync(input);
    },

    /**
     * Brings one switch back: its ports are read, orphans removed, every group that is behind on it is asked, a bounded number at a time
     * so that what else happens in the rack is not kept waiting behind them, and it counts again once none is. True when it is in
     * service; false when that has not come within some time: then the caller looks again.
     */
    async resyncSwitch(input: { switchId: string }): Promise<boolean> {
      const row = await findSwitch(db, input.switchId);
      if (row === null || row.service === 'unreachable') return false;
      if (row.service === 'in_service') return true;
      if (!(await isSwept(row))) return false;
      for (let look = 0; look < LIMITS.resyncLooks; look++) {
        if (look > 0) await sleep(LIMITS.resyncLookMs);
        heartbeat(look);
        const asked = await askBehind(row.id);
        if (asked === 0 && (await promoteSwitch(db, row.id, row.incarnation))) {
          log.info({ switch: row.slot }, 'switch in service');
          await wakeDirty();
          return true;
        }
        if (!(await isStill(row))) return false;
      }
      return false;
    },

    /** Wakes every group that owes something now; returns how many. */
    async wakeDirtyGroups(): Promise<number> {
      return wakeDirty();
    },
  };

  /**
   * Ports read and objects of ours without a row removed, in this incarnation. False: it has become another meanwhile, or a group that
   * was read as living has gone.
   */
  async function isSwept(row: SwitchRow): Promise<boolean> {
    if (row.swept && row.ports !== null) return true;
    const client = switches.at(row.address);
    const began = await databaseTime(db);
    const ports = await client.ports();
    const orphans: Orphan[] = [];
    for await (const page of client.listGroups(LIMITS.reconcilePage)) {
      orphans.push(...(await orphansOf(db, page)));
      heartbeat();
    }
    const { errors } = await removeOrphans({ db, client, switchId: row.id, by: runningWorkflow() }, orphans);
    if (errors.length > 0) log.warn({ switch: row.slot, errors: fewOf(errors) }, 'orphans were left');
    const swept = { ...row, ports, swept: true, apiVersion: null, multicast: true, uptime: null };
    return (await storeSwitch(db, row, swept, began)) && (await isStill(row));
  }

  /**
   * Asks groups that are behind: none while many are under way, but always some that are its own, so that a busy rack does not keep
   * the switch out.
   */
  async function askBehind(switchId: string): Promise<number> {
    const { all, behind } = await groupsUnderWay(db, switchId);
    const room = Math.max(LIMITS.resyncAtOnce - all, LIMITS.resyncAtLeast - behind);
    if (room <= 0) return 0;
    const requests = await requestBehind(db, switchId, room);
    await wakeAll(
      temporal,
      requests.map(({ groupId, ip, name }) => ({ id: groupId, ip, name })),
      heartbeat,
    );
    return requests.length;
  }

  /** Whether it is still being brought back, as the same daemon. */
  async function isStill(row: SwitchRow): Promise<boolean> {
    const now = await findSwitch(db, row.id);
    return now?.service === row.service && now.incarnation === row.incarnation && now.swept;
  }

  async function wakeDirty(): Promise<number> {
    let after = '00000000-0000-0000-0000-000000000000';
    let woken = 0;
    for (;;) {
      const groups = await dirtyGroups(db, after, LIMITS.reconcilePage);
      await wakeAll(temporal, groups, heartbeat);
      woken += groups.length;
      const last = groups.at(-1);
      if (last === undefined || groups.length < LIMITS.reconcilePage) return woken;
      after = last.id;
    }
  }
}

interface Seen {
  observation: Observation;
  status: SwitchStatus | null;
  error: string | null;
}

async function observe(clientOf: () => DpdClient): Promise<Seen> {
  try {
    const status = await withDeadline(clientOf().status(), LIMITS.healthCallMs);
    const error = status.multicast ? null : 'the daemon was built without multicast';
    return {
      observation: {
        answered: true,
        uptime: status.uptimeSeconds,
        now: Math.floor(Date.now() / 1000),
        multicast: status.multicast,
      },
      status,
      error,
    };
  } catch (error) {
    const unusable = error instanceof CodedError && error.code === 'Unsupported';
    return {
      observation: unusable ? { answered: true, unusable: true } : { answered: false },
      status: null,
      error: textOf(error),
    };
  }
}

async function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new CodedError('Unreachable', `no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
