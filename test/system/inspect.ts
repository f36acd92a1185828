/** A running stack as the invariants look at it: its rows, its daemons' own word, and its sleds as their simulators show them. */
import { sql } from 'drizzle-orm';
import { switchPorts } from '../../cli/stack/switch-ports';
import type { SledView } from '../../simulators/sled-agent/admin';
import { faultsOf, settle, type Inspected } from '../support/invariants';
import { portOf } from './fleet';
import type { SystemStack } from './stack';

const SETTLE_MS = 120_000;

/** Settles, then lists everything that is wrong. */
export async function systemFaults(stack: SystemStack): Promise<string[]> {
  const unseen = { db: stack.db, run: stack.run.bind(stack), ports: () => null, switches: [], sleds: [] };
  // A switch that was killed a moment ago looks settled until somebody has looked at it.
  await stack.run('switchHealth');
  await settle(unseen, SETTLE_MS);
  return [...(await faultsOf(await seen(stack))), ...(await unapplied(stack))];
}

async function seen(stack: SystemStack): Promise<Inspected> {
  const switches = await stack.switches();
  const ports = await Promise.all(switches.map(({ address }) => switchPorts(address)));
  const sleds = stack.file.sled_agents.map(async ({ sled_id: id, address }, at) => {
    const view = (await (await fetch(`${address}/sim/vmms`)).json()) as SledView;
    return { id, port: portOf(at), state: { apiVersion: view.api_version, vmms: { view: () => view.vmms } } };
  });
  return {
    db: stack.db,
    run: stack.run.bind(stack),
    ports: (at, ip) => ports[at]?.get(ip) ?? null,
    switches,
    sleds: await Promise.all(sleds),
  };
}

/** Every accepted event has changed its rows; of an instance, up to its newest. A reboot has none to change. */
async function unapplied({ db }: SystemStack): Promise<string[]> {
  const rows = await db.execute<{ fault: string }>(sql`
    select 'instance ' || i.id || ' is at ' || i.applied || ' of ' || max(e.generation) as fault
    from instance i join instance_event e on e.instance_id = i.id and e.state <> 'stale' and e.kind <> 'reboot'
    group by i.id having i.applied <> max(e.generation)`);
  return [...rows].map((row) => row.fault);
}
