/** `rackcast pools`: addresses used and free, and the groups that use them. */
import type { Command } from 'commander';
import { answer, list, type Schemas } from '../api-client';
import { define, positive, type Session } from '../command';
import { poolId } from '../select';
import { table } from '../table';
import { facts, orNone, section, timeText } from '../words';

export function poolCommands(program: Command): void {
  const pools = program.command('pools').description('IP pools and how full they are');
  define<{ limit: number }>(pools, 'list', 'list pools', listPools).option(
    '--limit <n>',
    'at most so many',
    positive,
    500,
  );
  define(pools, 'view <pool>', 'one pool, by name or id', viewPool);
}

async function listPools({ api, showList }: Session, { limit }: { limit: number }): Promise<void> {
  const listed = await list(limit, (query) => answer(api.GET('/pools', { params: { query } })));
  showList(listed, (pools) =>
    table(
      ['pool', 'type', 'version', 'used', 'free', 'groups', 'joined', 'joining', 'rounds', 'writes', 'VLAN', 'uplinks'],
      pools.map((pool) => [
        pool.name,
        pool.pool_type,
        pool.ip_version,
        pool.addresses.used,
        short(pool.addresses.free),
        groupsText(pool),
        pool.members.joined,
        pool.members.joining,
        pool.rounds,
        pool.writes,
        orNone(pool.mvlan),
        orNone(pool.switch_port_uplinks.join(' ')),
      ]),
      ['left', 'left', 'left', 'right', 'right', 'left', 'right', 'right', 'right', 'right'],
    ),
  );
}

async function viewPool({ api, show }: Session, _options: object, text = ''): Promise<void> {
  const id = await poolId(api, text);
  const pool = await answer(api.GET('/pools/{pool}', { params: { path: { pool: id } } }));
  show(
    pool,
    () =>
      facts([
        ['pool', pool.name],
        ['id', pool.id],
        ['description', pool.description],
        ['type', `${pool.pool_type} ${pool.ip_version}`],
        ['addresses used', `${pool.addresses.used} of ${pool.addresses.total}`],
        ['groups', groupsText(pool)],
        ['members', countsText(pool.members)],
        ['rounds, writes', `${pool.rounds}, ${pool.writes}`],
        ['degraded groups', pool.degraded],
        ['last converged', timeText(pool.time_converged)],
        ['VLAN', pool.mvlan],
        ['uplinks', pool.switch_port_uplinks.join(' ')],
      ]) +
      section(
        'Ranges',
        ['first', 'last'],
        pool.ranges.map(({ first, last }) => [first, last]),
      ),
  );
}

const groupsText = ({ groups }: Schemas['Pool']): string => countsText(groups);

function countsText(counts: Record<string, number>): string {
  const states = Object.entries(counts).filter(([, count]) => count > 0);
  return orNone(states.map(([state, count]) => `${count} ${state}`).join(', '));
}

/** An IPv6 pool's size is of no use digit by digit. */
const short = (count: string) => (count.length > 12 ? Number(count).toExponential(2) : count);
