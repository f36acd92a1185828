/** One instance as Nexus would drive it: events with growing generations, and where its VMM is at the moment. */
import { randomUUID } from 'node:crypto';
import type { EventRef } from '../../domain/events';
import type { TestRack } from './rack';

export type Vm = ReturnType<typeof newVm>;

/** Where events go: a rack in this process, or a whole stack. */
export interface Inbox {
  sleds: readonly { id: string }[];
  projectId: string;
  post(
    instanceId: string,
    event: { generation: number; kind: string } & Record<string, unknown>,
    start?: boolean,
  ): Promise<EventRef>;
}

/** `start: false` accepts the events without starting their workflows, as while Temporal is away. */
export function newVm(rack: Inbox, { start = true }: { start?: boolean } = {}) {
  const id = randomUUID();
  let generation = 0;
  let at: { sled_id: string; propolis_id: string } | null = null;
  const place = (sled: number) => ({ sled_id: rack.sleds[sled]!.id, propolis_id: randomUUID() });
  const post = (event: { kind: string } & Record<string, unknown>, run = start): Promise<EventRef> =>
    rack.post(id, { generation: ++generation, ...event }, run);
  return {
    id,
    get generation() {
      return generation;
    },
    /** The VMM of the last start or migration. */
    get place() {
      if (at === null) throw new Error('it has not been started');
      return at;
    },
    post,
    create: (groups: string[], name = `vm-${id}`) =>
      post({ kind: 'create', project_id: rack.projectId, name, multicast_groups: groups }),
    start(sled: number, more: Record<string, unknown> = {}) {
      at = place(sled);
      return post({ kind: 'start', ...at, ...more });
    },
    migrate(sled: number, more: Record<string, unknown> = {}) {
      const source = at;
      at = place(sled);
      return post({ kind: 'migrate', source, target: at, ...more });
    },
    /** The VMM is where it was before a migration that failed. */
    stays(where: { sled_id: string; propolis_id: string }) {
      at = where;
    },
    reconfigure: (groups: string[]) => post({ kind: 'reconfigure', multicast_groups: groups }),
    stop: () => post({ kind: 'stop' }),
    reboot: () => post({ kind: 'reboot' }),
    fail: () => post({ kind: 'fail' }),
    delete: () => post({ kind: 'delete' }),
  };
}

/** Created and running on the sled, a member of the groups. */
export async function runningVm(rack: TestRack, groups: string[], sled: number): Promise<Vm> {
  const vm = newVm(rack);
  await vm.create(groups);
  const outcome = await rack.outcome(await vm.start(sled));
  if (outcome.state !== 'succeeded') throw new Error(`start: ${outcome.state}, ${outcome.reason}`);
  return vm;
}

let last = 0;
/** An IPv4 group address that no other test of the file has. */
export function freshIp(): string {
  last += 1;
  return `224.8.${Math.floor(last / 250)}.${(last % 250) + 1}`;
}
