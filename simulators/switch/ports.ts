/**
 * Ports and links of a sidecar switch. Invariant: the 65 ports never change; links come and go, and multicast does not
 * look at them (a member only needs a port with such a lane).
 */
import type { LinkBody } from './bodies';
import { badArgument, missing, unavailable } from './reply';

const INDICES = Array.from({ length: 32 }, (_, index) => index);
export const PORTS = ['int0', ...INDICES.map((index) => `rear${index}`), ...INDICES.map((index) => `qsfp${index}`)];
/** Links a simulator starts with, unless told otherwise. */
export const DEFAULT_LINKS = ['int0', ...PORTS.slice(1, 9), 'qsfp0', 'qsfp1'];

/** Rear port to connector of the switch chip. */
const CONNECTORS = [
  30, 14, 29, 13, 32, 16, 31, 15, 26, 10, 25, 9, 28, 12, 27, 11, 23, 7, 24, 8, 21, 5, 22, 6, 19, 3, 20, 4, 17, 1, 18, 2,
];
/**
 * [sidecar leg, backplane leg] by the connector's place in its group of four; every third and fourth group is mirrored.
 */
const LEGS = ['CC', 'CD', 'AA', 'AB'];
const MIRRORED_LEGS = ['AB', 'AA', 'CD', 'CC'];

export function backplaneLink(port: string) {
  const cubby = indexOf(port);
  const connector = CONNECTORS[cubby] ?? 0;
  const sidecarConnector = Math.floor((connector - 1) / 4);
  const legs = sidecarConnector % 4 < 2 ? LEGS : MIRRORED_LEGS;
  const [sidecarLeg, backplaneLeg] = legs[(connector - 1) % 4] ?? '';
  return {
    tofino_connector: connector,
    sidecar_leg: sidecarLeg,
    sidecar_connector: sidecarConnector,
    backplane_leg: backplaneLeg,
    cubby,
  };
}

export function backplaneMap(): Record<string, unknown> {
  return Object.fromEntries(PORTS.filter(isRear).map((port) => [port, backplaneLink(port)]));
}

export const isRear = (port: string): boolean => port.startsWith('rear');
const indexOf = (port: string): number => Number(port.replace(/\D+/, ''));

export function portView(port: string): unknown {
  return port.startsWith('qsfp')
    ? { port_id: port, transceiver: null, management_mode: 'automatic' }
    : { port_id: port };
}

interface Link {
  port: string;
  link: number;
  params: LinkBody;
  enabled: boolean;
}

export class Links {
  private readonly links: Link[] = [];

  constructor(ports: readonly string[]) {
    for (const port of ports) {
      const backplane = !port.startsWith('qsfp');
      const params = { lane: null, speed: 'Speed100G', fec: 'RS', autoneg: backplane, kr: backplane };
      this.links.push({ port, link: 0, params, enabled: true });
    }
  }

  /** In port order, of one port or those whose name (`rear4/0`) contains the text. */
  list(where: { port?: string; filter?: string } = {}): Link[] {
    return this.links
      .filter(({ port }) => where.port === undefined || port === where.port)
      .filter(({ port, link }) => `${port}/${link}`.includes(where.filter ?? ''))
      .toSorted((a, b) => PORTS.indexOf(a.port) - PORTS.indexOf(b.port) || a.link - b.link);
  }

  get(port: string, link: number): Link {
    const found = this.links.find((candidate) => candidate.port === port && candidate.link === link);
    if (!found) throw missing();
    return found;
  }

  /** A front port has four MAC addresses and so up to four links, any other port one. */
  create(port: string, params: LinkBody): number {
    const link = params.lane ?? 0;
    if (link > 3) throw badArgument('no such port');
    const present = this.list({ port });
    const busy = present.some((other) => other.link === link) || present.length >= (port.startsWith('qsfp') ? 4 : 1);
    if (busy) throw unavailable();
    this.links.push({ port, link, params, enabled: false });
    return link;
  }

  delete(port: string, link: number): void {
    this.links.splice(this.links.indexOf(this.get(port, link)), 1);
  }
}

export function linkView({ port, link, params, enabled }: Link) {
  return {
    port_id: port,
    link_id: link,
    tofino_connector: connectorOf(port),
    asic_id: asicId(port, link),
    presence: true,
    kr: params.kr,
    autoneg: params.autoneg,
    fsm_state: enabled ? 'LinkUp' : 'Idle',
    speed: params.speed,
    fec: params.fec,
    media: port === 'int0' ? 'CPU' : 'Optical',
    enabled,
    prbs: 'Mission',
    link_state: enabled ? 'up' : 'unknown',
    address: macOf(port, link),
    ipv6_enabled: hasIpv6(port),
  };
}

export function tfportView({ port, link }: Link) {
  const identity = { port_id: port, link_id: link, asic_id: asicId(port, link) };
  return { ...identity, mac: macOf(port, link), ipv6_enabled: hasIpv6(port), link_local: null };
}

const hasIpv6 = (port: string): boolean => !port.startsWith('qsfp');
const asicId = (port: string, link: number): number => connectorOf(port) * 8 + link;

function connectorOf(port: string): number {
  if (port === 'int0') return 0;
  return isRear(port) ? (CONNECTORS[indexOf(port)] ?? 0) : 33 + indexOf(port);
}

export function macOf(port: string, link: number): { a: number[] } {
  const offset = port === 'int0' ? 2 : isRear(port) ? 3 + indexOf(port) : 35 + 4 * indexOf(port) + link;
  return { a: [168, 64, 37, 0, 0, offset] };
}
