/** The whole life of an instance as a list of steps, so that a fault can be tried at each of them. */
import { bodyV4 } from '../dataplane/sled-agent-bodies';
import { acceptUpdate } from '../../db/group-updates';
import type { EventRef } from '../../domain/events';
import type { TestRack } from './rack';
import { newVm, type Vm } from './vm';

export interface Life {
  rack: TestRack;
  vm: Vm;
  group: string;
  ip: string;
  /** A group that all lives share. */
  common: string;
}

let last = 0;
/** A source-specific group of its own and an instance that is not created yet. */
export async function newLife(rack: TestRack, common: string): Promise<Life> {
  last += 1;
  const ip = `232.9.${Math.floor(last / 250)}.${(last % 250) + 1}`;
  const group = await rack.group(`life-${last}`, ip, { sources: ['10.0.0.1'] });
  return { rack, vm: newVm(rack), group, ip, common };
}

/** What a call about this life names, in its input or as its workflow. */
export const idsOf = (life: Life): string[] => [life.vm.id, life.group];

export interface LifeStep {
  name: string;
  /** Null: not an event. */
  run(life: Life): Promise<EventRef | null>;
  /** Ports of the group on both switches once it is over. */
  ports: string[];
}

export const LIFE: LifeStep[] = [
  { name: 'create', run: ({ vm, group }) => vm.create([group]), ports: [] },
  { name: 'start', run: ({ vm }) => vm.start(0, { vmm_registration: registrationOf(vm.id) }), ports: ['rear1'] },
  { name: 'update', run: (life) => update(life), ports: ['rear1'] },
  { name: 'migrate', run: ({ vm }) => vm.migrate(1), ports: ['rear2'] },
  { name: 'reconfigure', run: ({ vm, group, common }) => vm.reconfigure([common, group]), ports: ['rear2'] },
  { name: 'stop', run: ({ vm }) => vm.stop(), ports: [] },
  { name: 'start again', run: ({ vm }) => vm.start(2), ports: ['rear3'] },
  { name: 'fail', run: ({ vm }) => vm.fail(), ports: [] },
  { name: 'delete', run: ({ vm }) => vm.delete(), ports: [] },
];

/** Not an event: the group itself changes, and the request waits for it. */
async function update({ rack, group, ip }: Life): Promise<null> {
  const wanted = { groupId: group, name: null, description: 'other sources', sources: ['10.0.0.2', '10.0.0.3'] };
  const { updateId } = await rack.db.transaction((tx) => acceptUpdate(tx, wanted));
  const result = await rack.temporal.updateGroup({ updateId, group: { id: group, ip, name: '' } });
  if (result.outcome !== 'served') throw new Error(`update: ${result.outcome}, ${result.reason}`);
  return null;
}

/** A registration body, as Nexus sends one along. */
export const registrationOf = (instance: string) => ({ ...bodyV4(), instance_id: instance });
