/** Scenes that wait for a bound of `domain/limits.ts`: minutes. */
import { sql } from 'drizzle-orm';
import { setMulticastEnabled } from '../../db/runtime-config';
import { switchWorkflowId } from '../../domain/workflow-ids';
import { created, taken, type Scene } from './histories';
import { update } from './histories-failed';
import { settle } from './invariants';
import { until } from './rack';
import { freshIp } from './vm';

const aSwitchThatStaysAway: Scene = {
  names: ['switchResync.given-up'],
  async play({ rack }) {
    const { id, state } = rack.switches[1]!;
    state.pause('reset');
    await until('it is unreachable', async () => {
      await rack.run('switchHealth');
      const rows = await rack.db.execute(sql`select 1 from switch where id = ${id} and service = 'unreachable'`);
      return rows.length > 0;
    });
    await rack.temporal.startResync({ id, name: 'switch1' });
    const run = rack.temporal.client.workflow.getHandle(switchWorkflowId(id));
    await run.result();
    const { runId } = await run.describe();
    state.resume();
    await settle(rack);
    return [{ name: 'switchResync.given-up', workflowId: switchWorkflowId(id), runId }];
  },
};

/** No round comes: multicast is switched off after the rows have changed; one round has begun before that, and a switch says nothing. */
const waitsThatAreGivenUp: Scene = {
  names: ['groupUpdate.pending', 'groupUpdate.withdrawn', 'instanceStart.waits-too-long', 'groupConverge.disabled'],
  async play({ rack, injector }) {
    const ips = ['232.7.8.1', '232.7.8.2'];
    const [held, late] = await Promise.all(
      ips.map((ip, at) => rack.group(`bound-${at}`, ip, { sources: ['10.0.0.1'] })),
    );
    const group = await rack.group('bound', freshIp());
    const [vm] = await created(rack, group, 1);
    rack.switches[1]!.state.pause('hang');
    const others = injector.hold({ activity: 'beginRound', about: [group] });
    const start = await vm!.start(0);
    const { workflowId } = await rack.temporal.startLifecycle('start', [start]);
    await others.reached;
    const updates = [update(rack, held!, 'pending')];
    await until('a round has it', async () => {
      const rows = await rack.db.execute(sql`select 1 from multicast_group_update where state = 'taken'`);
      return rows.length > 0;
    });
    await setMulticastEnabled(rack.db, false);
    others.release();
    updates.push(update(rack, late!, 'withdrawn'));
    const recorded = await Promise.all(updates);
    await rack.temporal.client.workflow.getHandle(workflowId).result();
    const disabled = `group/${group}`;
    const { runId } = await rack.temporal.client.workflow.getHandle(disabled).describe();
    const ended = await taken(rack, start, 'instanceStart.waits-too-long');
    await setMulticastEnabled(rack.db, true);
    rack.switches[1]!.state.resume();
    await settle(rack);
    return [...recorded, ended, { name: 'groupConverge.disabled', workflowId: disabled, runId }];
  },
};

export const SLOW: Scene[] = [aSwitchThatStaysAway, waitsThatAreGivenUp];
