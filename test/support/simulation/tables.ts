/**
 * The tables, in memory. What SQL states is stated again under `db/`, one module for one, each call atomic as its transaction is; what is
 * decided by pure functions is decided by those.
 */
import type { Place } from '../../../domain/desired';
import type { EventBody, EventKind } from '../../../domain/events';
import type { GroupStanding, InstanceState } from '../../../domain/fold-events';
import type { PortMember, SwitchConfig } from '../../../domain/switch-config';
import type { SwitchService } from '../../../domain/switch-service';
import { hit, stage } from './stage';

export interface GroupRow {
  id: string;
  name: string;
  ip: string;
  underlayIp: string;
  projectId: string;
  state: 'creating' | 'active' | 'deleting';
  sources: string[];
  config: SwitchConfig | null;
  configGeneration: number;
  requested: number;
  attempted: number;
  served: number;
  round: number;
  failures: number;
  outcome: string | null;
  reason: string | null;
  timeRequested: number | null;
  timeRetry: number | null;
}

export interface MemberRow {
  id: string;
  groupId: string;
  instanceId: string;
  state: 'joining' | 'joined' | 'left';
  location: Place | null;
  target: Place | null;
  generation: number;
  reason: string | null;
  createdBy: string | null;
  deleted: boolean;
}

export interface InstanceRow {
  id: string;
  projectId: string;
  name: string;
  generation: number;
  deleted: boolean;
  state: InstanceState;
  place: Place | null;
  target: Place | null;
}

export interface EventRow {
  id: string;
  instanceId: string;
  generation: number;
  kind: EventKind;
  body: EventBody;
  state: 'pending' | 'running' | 'succeeded' | 'failed' | 'superseded' | 'stale';
  reason: string | null;
  claimedBy: string | null;
  timeAccepted: number;
  timeClaimed: number | null;
  applied: boolean;
  timeFinished: number | null;
  supersededBy: number | null;
  sequence: number;
}

export interface WaiterRow {
  eventId: string;
  groupId: string;
  instanceId: string;
  request: number;
  outcome: 'served' | 'failed' | 'refused' | null;
  reason: string | null;
  told: boolean;
}

export interface FlowRow {
  groupId: string;
  propolisId: string;
  sledId: string;
  groupIp: string;
  sources: string;
  state: 'joining' | 'joined' | 'leaving';
  registering: boolean;
  /** When a registration with it last began. */
  timeBegun?: number;
  round: number;
  reason: string | null;
}

export interface AckRow {
  switchId: string;
  groupId: string;
  config: SwitchConfig | null;
  configGeneration: number;
  round: number;
  incarnation: number;
  suspect: boolean;
  asked: PortMember[] | null;
  refused: boolean;
  timeLastError: number | null;
  timeModified: number;
}

export interface SwitchStateRow {
  id: string;
  slot: number;
  address: string;
  service: SwitchService;
  incarnation: number;
  ports: string[] | null;
  failures: number;
  swept: boolean;
  timeUnswept: number | null;
  multicast: boolean;
  lastError: string | null;
  uptime: number | null;
  timeLastSeen: number | null;
}

export interface RefusalRow {
  switchId: string;
  groupId: string;
  port: string;
  incarnation: number;
  reason: string;
}

export interface UpdateRow {
  id: string;
  groupId: string;
  sources: string[];
  state: 'pending' | 'taken' | 'served' | 'failed' | 'refused' | 'withdrawn';
  reason: string | null;
  round: number | null;
  told: boolean;
}

export class Tables {
  readonly groups = new Map<string, GroupRow>();
  readonly instances = new Map<string, InstanceRow>();
  readonly events = new Map<string, EventRow>();
  readonly switches = new Map<string, SwitchStateRow>();
  /** Rear port of each sled; the agent's address is its id. */
  readonly sleds = new Map<string, number>();
  members: MemberRow[] = [];
  waiters: WaiterRow[] = [];
  flows: FlowRow[] = [];
  acks: AckRow[] = [];
  refusals: RefusalRow[] = [];
  updates: UpdateRow[] = [];
  /** The request with which a group's ports last changed because a sled moved. */
  readonly moved = new Map<string, number>();
  /** Every wait that ever was, with its last outcome: what an event's end is judged by. */
  readonly waits = new Map<string, Map<string, WaiterRow['outcome']>>();
  #ids = 0;

  newId(): string {
    this.#ids += 1;
    return `id-${this.#ids}`;
  }

  live(groupId: string): MemberRow[] {
    return this.members.filter((member) => member.groupId === groupId && !member.deleted);
  }

  ack(switchId: string, groupId: string): AckRow | undefined {
    return this.acks.find((ack) => ack.switchId === switchId && ack.groupId === groupId);
  }

  portOf(place: Place | null): string | null {
    const port = place === null ? undefined : this.sleds.get(place.sledId);
    return port === undefined ? null : `rear${port}`;
  }

  standing(): Map<string, GroupStanding> {
    return new Map(
      [...this.groups.values()].map(({ id, projectId, state }) => [id, { projectId, deleting: state === 'deleting' }]),
    );
  }
}

/** Longer than an attempt at a local step lasts. */
const SLOW_MS = 40_000;

/** One transaction: it takes a while, then happens at once, or fails before its effect, or after it. */
export function atomic<Args extends unknown[], Result>(
  body: (tables: Tables, ...args: Args) => Result,
): (db: unknown, ...args: Args) => Promise<Result> {
  return async (_, ...args) => {
    const { clock, tables, databaseErrors, databaseSlowUntil } = stage();
    const slow = clock.now < databaseSlowUntil && clock.random.chance(0.1);
    if (slow) hit('database slow');
    await clock.point(clock.random.next() * (slow ? SLOW_MS : 3));
    const error = clock.random.chance(0.2) ? databaseErrors.shift() : undefined;
    if (error !== undefined) hit(`database fails ${error}`);
    if (error === 'before') throw new Error('the database is gone');
    const result = body(tables, ...args);
    if (error === 'after') throw new Error('the database is gone');
    return result;
  };
}

export const now = (): number => stage().clock.now;
