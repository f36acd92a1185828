/**
 * Simulators and clients that end with their test, and the edits of one group.
 */
import { createDpdClient, type DpdClient, type DpdClientOptions } from '../../dataplane/dpd/client';
import type { ErrorCode } from '../../domain/errors';
import type { ExternalObject, PortMember, SwitchEdit, SwitchObject } from '../../domain/switch-config';
import { startSwitchSimulator, type ListenOptions, type SwitchSimulator } from '../../simulators/switch/server';

export const underlayIp = 'ff04::e002:1';
export const mac = '33:33:e0:02:00:01';
export const tag = 'rackcast:1';
export const rear = (...indices: number[]): PortMember[] =>
  indices.map((index) => ({ port: `rear${index}`, direction: 'Underlay' }));
export type Target = ExternalObject & { nat: NonNullable<ExternalObject['nat']> };
export const external = (more: Partial<Target> = {}): Target => {
  const nat = { underlayIp, mac, vni: 77 };
  return { kind: 'external', ip: '224.2.0.1', tag, nat, vlan: null, sources: [], ...more };
};
export const makeUnderlay = (members = rear(0), ip = underlayIp): SwitchEdit => ({
  op: 'createUnderlay',
  ip,
  tag,
  members,
});
export const replaceMembers = (...members: PortMember[]): SwitchEdit => ({
  op: 'replaceMembers',
  ip: underlayIp,
  tag,
  members,
});
export const makeExternal = (more: Partial<Target> = {}): SwitchEdit => ({
  op: 'createExternal',
  external: external(more),
});
export const deleteUnderlay: SwitchEdit = { op: 'deleteUnderlay', ip: underlayIp, tag };
export const deleteExternal: SwitchEdit = { op: 'deleteExternal', ip: '224.2.0.1', tag };

export const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

export async function start(options: Partial<ListenOptions> = {}): Promise<SwitchSimulator> {
  const simulator = await startSwitchSimulator({ host: '127.0.0.1', port: 0, apiLevel: 13, ...options });
  cleanups.push(() => simulator.close());
  return simulator;
}

export function connect(address: string, options: Partial<DpdClientOptions> = {}): DpdClient {
  const client = createDpdClient({ address, timeoutMs: 5_000, connections: 4, ...options });
  cleanups.push(() => client.close());
  return client;
}

/** What the error of a rejected promise looks like. */
export const coded = (code: ErrorCode, text: RegExp) => ({ code, message: expect.stringMatching(text) });

export async function collect(pages: AsyncIterable<SwitchObject[]>): Promise<SwitchObject[][]> {
  const all: SwitchObject[][] = [];
  for await (const page of pages) all.push(page);
  return all;
}
