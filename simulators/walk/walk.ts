/**
 * Where a packet goes: through the switches, to the sleds, into the guests. Pure over what was read from the simulators.
 *
 * Invariants: a packet enters one switch only, and a sled sends each packet to one of them, whichever its hash chooses;
 * so a walk has one path per switch that may carry it, and a guest is a receiver only if it gets the packet whichever it
 * is. Guests are named by their VMM, each once; who gets more than one copy on one path is named there.
 */
import { geneve, Packet, plain, type Frame, type PacketInput } from './packet';
import { pass, type Passage } from './passage';
import { deliver, deliverLocally, findSender, type Delivery, type WalkSled } from './read-sled';
import type { WalkSwitch } from './read-switch';

export { readSled, type Delivery, type WalkSled } from './read-sled';
export { readSwitch, type WalkSwitch } from './read-switch';
export type { PacketInput } from './packet';

/** One switch that may carry the packet, and all that follows from it. */
export interface Path extends Passage {
  switch: string;
  /** Sleds that a copy came to, the sender's own included where it serves its other guests itself. */
  sleds: Delivery[];
  /** VMMs, sorted. */
  receivers: string[];
  /** Receivers that get more than one copy. */
  repeated: string[];
  /** Sleds reached whose agent sets no filter: their port counts. */
  unfiltered: string[];
  /** Front ports that a copy leaves the rack by, `qsfp0/0`. */
  uplinks: string[];
}

export interface Walk {
  /** Why no path was taken at all. */
  unsent: string | null;
  paths: Path[];
  /** VMMs that get it on every path, sorted. */
  receivers: string[];
  /** VMMs that get it on some paths only: the switches do not agree. */
  sometimes: string[];
}

/** Throws ZodError for a packet that cannot be, and Error for a switch that is not given. */
export function walk(input: PacketInput, switches: readonly WalkSwitch[], sleds: readonly WalkSled[]): Walk {
  const packet = Packet.parse(input);
  const { ingress } = packet;
  if ('switch' in ingress) {
    const at = switches.find(({ id }) => id === ingress.switch);
    if (at === undefined) throw new Error(`no switch ${ingress.switch}`);
    return summary([pathThrough(at, plain(packet), ingress.port, sleds, null)]);
  }
  const sender = findSender(sleds, ingress);
  if (sender === null) return unsent('no sled has the sender');
  const outer = ingress.underlay ?? switches.map((at) => at.underlayOf(packet.destination)).find((ip) => ip !== null);
  const frame = outer ? geneve(packet, outer, ingress.replication) : null;
  if (frame === null) return unsent(`no switch has a group ${packet.destination.text}`);
  const local = deliverLocally(sender.sled, sender.vmm, packet);
  return summary(switches.map((at) => pathThrough(at, frame, sender.sled.port, sleds, local)));
}

function pathThrough(
  at: WalkSwitch,
  frame: Frame,
  ingress: string,
  sleds: readonly WalkSled[],
  local: Delivery | null,
): Path {
  const passage = pass(frame, ingress, at);
  const sent = passage.copies.filter((copy) => copy.dropped === null);
  const remote = sent.flatMap((copy) => behind(sleds, copy.port).map((sled) => deliver(sled, copy.form, frame.inner)));
  const deliveries = local === null ? remote : [local, ...remote];
  const reached = deliveries.flatMap(({ nics }) => distinct(nics.map(({ vmm }) => vmm)));
  return {
    switch: at.id,
    ...passage,
    sleds: deliveries,
    receivers: distinct(reached),
    repeated: distinct(reached.filter((vmm, index) => reached.indexOf(vmm) !== index)),
    unfiltered: distinct(deliveries.filter(({ filtered, refused }) => !filtered && !refused).map(({ sled }) => sled)),
    uplinks: sent.map(({ port }) => port).filter((port) => port.startsWith('qsfp')),
  };
}

/** A sled hangs on the first lane of its port. */
function behind(sleds: readonly WalkSled[], port: string): WalkSled[] {
  return sleds.filter((sled) => `${sled.port}/0` === port);
}

function summary(paths: Path[]): Walk {
  const all = distinct(paths.flatMap(({ receivers }) => receivers));
  const [receivers, sometimes] = [true, false].map((always) =>
    all.filter((vmm) => paths.every((path) => path.receivers.includes(vmm)) === always),
  );
  return { unsent: null, paths, receivers: receivers ?? [], sometimes: sometimes ?? [] };
}

const unsent = (reason: string): Walk => ({ unsent: reason, paths: [], receivers: [], sometimes: [] });

const distinct = (texts: string[]): string[] => [...new Set(texts)].toSorted();
