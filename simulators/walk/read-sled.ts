/**
 * A sled as the packet path sees it, read from `GET /sim/vmms` of its simulated agent, and what its packet engine lets
 * through. Invariant: only what was joined live is accepted, by group and source; an agent of version 4 sets no filter,
 * so of its sled no more is known than that the packet came to its port.
 */
import { z } from 'zod';
import { InstanceMulticastMembership } from '../../dataplane/sled-agent/wire';
import { accepts } from '../sled-agent/opte';
import type { Inner } from './packet';

const Vmm = z.object({
  propolis_id: z.string(),
  instance_id: z.string().nullable(),
  state: z.string(),
  nics: z.array(z.object({ id: z.string(), joined: z.array(InstanceMulticastMembership) })),
});
type Vmm = z.output<typeof Vmm>;

const SledDump = z.object({ api_version: z.number(), vmms: z.array(Vmm) });

export interface WalkSled {
  id: string;
  /** Its port on every switch, `rear4`. */
  port: string;
  hasFilter: boolean;
  vmms: Vmm[];
}

/** Throws ZodError for what is not a dump of a simulated sled agent. */
export function readSled(id: string, port: string, dump: unknown): WalkSled {
  const { api_version, vmms } = SledDump.parse(dump);
  return { id, port, hasFilter: api_version >= 5, vmms };
}

export interface AcceptingNic {
  nic: string;
  vmm: string;
  instance: string | null;
}

/** What a sled makes of one copy of the packet. */
export interface Delivery {
  sled: string;
  port: string;
  /** False: an agent without filters; whoever is behind the port may get it, and nobody is named. */
  filtered: boolean;
  /** Set where the sled cannot take the copy at all. */
  refused: 'not_encapsulated' | null;
  nics: AcceptingNic[];
}

/** `form` is that of the copy: a sled's engine takes Geneve only. */
export function deliver(sled: WalkSled, form: 'geneve' | 'decapsulated', inner: Inner): Delivery {
  const refused = form === 'geneve' ? null : 'not_encapsulated';
  const nics = refused === null && sled.hasFilter ? accepting(sled.vmms, inner) : [];
  return { sled: sled.id, port: sled.port, filtered: sled.hasFilter, refused, nics };
}

/**
 * To the other guests of the sender's own sled, which the engine serves itself: the switch never sends a packet back to
 * the port it came from. Null where the agent sets no filter.
 */
export function deliverLocally(sled: WalkSled, sender: string, inner: Inner): Delivery | null {
  if (!sled.hasFilter) return null;
  const others = sled.vmms.filter((vmm) => vmm.propolis_id !== sender);
  return { sled: sled.id, port: sled.port, filtered: true, refused: null, nics: accepting(others, inner) };
}

/** The guest that sends: by its VMM, or of an instance's VMMs the running one, else the first. */
export function findSender(
  sleds: readonly WalkSled[],
  by: { vmm: string } | { instance: string },
): { sled: WalkSled; vmm: string } | null {
  const found = sleds.flatMap((sled) =>
    sled.vmms
      .filter((vmm) => ('vmm' in by ? vmm.propolis_id === by.vmm : vmm.instance_id === by.instance))
      .map((vmm) => ({ sled, vmm })),
  );
  const chosen = found.find(({ vmm }) => vmm.state === 'running') ?? found[0];
  return chosen === undefined ? null : { sled: chosen.sled, vmm: chosen.vmm.propolis_id };
}

function accepting(vmms: readonly Vmm[], { source, destination }: Inner): AcceptingNic[] {
  return vmms.flatMap((vmm) =>
    vmm.nics
      .filter((nic) => accepts(nic, destination.text, source.text))
      .map((nic) => ({ nic: nic.id, vmm: vmm.propolis_id, instance: vmm.instance_id })),
  );
}
