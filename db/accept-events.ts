/**
 * The door of the inbox: events are judged and stored, in one transaction for any number of them. Once it has committed, they
 * will take effect whatever dies next; what was refused has left nothing behind.
 *
 * The instance rows are locked in id order first, so of two posts for one instance the second sees what the first did. Two
 * that create the same thing at once meet at a unique index: the whole transaction is then judged anew.
 */
import { sql } from 'drizzle-orm';
import { Admissions, type Admission, type KnownInstance } from '../domain/admit-event';
import type { CodedError } from '../domain/errors';
import type { LifecycleEvent } from '../domain/events';
import { contentHash } from './content-hash';
import { readKnown, type GroupAddress, type Known, type WhenHeld } from './accept-references';
import type { Db, Tx } from './client';
import { sqlState } from './violations';

export interface PostedEvent {
  instanceId: string;
  event: LifecycleEvent;
}

/** Per posted event: `disabled` is accepted, but waits for multicast to be switched on. */
export type Acceptance =
  /** With the groups in which its instance is a member. */
  | { outcome: 'accepted'; groups: GroupAddress[] }
  | { outcome: 'disabled' | 'stale' }
  | { outcome: 'duplicate'; claimedBy: string | null }
  | { outcome: 'refused'; error: CodedError };

interface Judged extends PostedEvent {
  hash: string;
  admission: Admission;
}

const ATTEMPTS = 5;

/** Answers in the order of the events. An instance that somebody else holds is waited for. */
export async function acceptEvents(db: Db, posted: PostedEvent[]): Promise<Acceptance[]> {
  return (await accept(db, posted, 'wait')).filter((acceptance) => acceptance !== null);
}

/** The same without waiting: null for an event whose instance somebody else holds; nothing of it was stored. */
export async function acceptFree(db: Db, posted: PostedEvent[]): Promise<(Acceptance | null)[]> {
  return accept(db, posted, 'leave');
}

async function accept(db: Db, posted: PostedEvent[], whenHeld: WhenHeld): Promise<(Acceptance | null)[]> {
  if (posted.length === 0) return [];
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction((tx) => acceptAll(tx, posted, whenHeld));
    } catch (error) {
      if (attempt === ATTEMPTS || !isRace(error)) throw error;
    }
  }
}

async function acceptAll(tx: Tx, posted: PostedEvent[], whenHeld: WhenHeld): Promise<(Acceptance | null)[]> {
  const known = await readKnown(tx, posted, whenHeld);
  const admissions = new Admissions(known.instances, known.events, known.references);
  const judged = posted.map(({ instanceId, event }): Judged | null => {
    if (known.held.has(instanceId)) return null;
    const hash = contentHash(instanceId, event);
    return { instanceId, event, hash, admission: admissions.admit(instanceId, event, hash) };
  });
  await store(
    tx,
    judged.filter((each) => each !== null),
    admissions,
    known,
  );
  return judged.map((each): Acceptance | null => {
    if (each === null) return null;
    const { admission } = each;
    if (admission.verdict === 'refused') return { outcome: 'refused', error: admission.error };
    if (admission.verdict === 'duplicate') return { outcome: 'duplicate', claimedBy: admission.claimedBy };
    if (admission.verdict === 'stale') return { outcome: 'stale' };
    if (!known.enabled) return { outcome: 'disabled' };
    return { outcome: 'accepted', groups: known.memberships.get(each.instanceId) ?? [] };
  });
}

async function store(tx: Tx, judged: Judged[], admissions: Admissions, known: Known): Promise<void> {
  const events = judged.flatMap(eventRow);
  if (events.length === 0) return;
  const accepted = new Set(events.filter((row) => row.state !== 'stale').map((row) => row.instance));
  const before = new Set(known.instances.map((instance) => instance.id));
  const changed = [...accepted].toSorted().flatMap((id) => admissions.instances.get(id) ?? []);
  const created = changed.filter((instance) => !before.has(instance.id));
  const results = await Promise.all([
    updateInstances(
      tx,
      changed.filter((instance) => before.has(instance.id)),
    ),
    insertInstances(tx, created),
    insertEvents(tx, events),
  ]);
  if (results[1] !== created.length || results[2] !== events.length) throw new Raced();
}

/** A reboot changes nothing: it is over when it is recorded. */
function eventRow({ instanceId, event, hash, admission }: Judged) {
  if (admission.verdict !== 'accepted' && admission.verdict !== 'stale') return [];
  const stale = admission.verdict === 'stale';
  return [
    {
      id: event.event_id,
      instance: instanceId,
      generation: event.generation,
      kind: event.kind,
      body: { ...admission.body, content_hash: hash },
      state: stale ? 'stale' : event.kind === 'reboot' ? 'succeeded' : 'pending',
      reason: admission.verdict === 'stale' ? `generation ${admission.than} was accepted before` : null,
    },
  ];
}

async function insertEvents(tx: Tx, rows: ReturnType<typeof eventRow>): Promise<number> {
  const stored = await tx.execute(sql`
    insert into instance_event (event_id, instance_id, generation, kind, body, state, reason, time_applied, time_finished)
    select r.id, r.instance, r.generation, r.kind::event_kind, r.body, r.state::event_state, r.reason,
      case when r.state = 'succeeded' then now() end, case when r.state <> 'pending' then now() end
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r(id uuid, instance uuid, generation bigint, kind text, body jsonb, state text, reason text)
    on conflict do nothing
    returning event_id`);
  return stored.length;
}

async function insertInstances(tx: Tx, created: KnownInstance[]): Promise<number> {
  if (created.length === 0) return 0;
  const stored = await tx.execute(sql`
    insert into instance (id, project_id, name, generation, time_deleted)
    select r.id, r."projectId", r.name, r.generation, case when r.deleted then now() end
    from jsonb_to_recordset(${JSON.stringify(created)}::jsonb)
      as r(id uuid, "projectId" uuid, name text, generation bigint, deleted boolean)
    on conflict do nothing
    returning id`);
  return stored.length;
}

/** A deleted instance's name is free from here on; its rows go when the event is applied. */
async function updateInstances(tx: Tx, changed: KnownInstance[]): Promise<void> {
  if (changed.length === 0) return;
  await tx.execute(sql`
    update instance i set generation = r.generation,
      time_deleted = case when r.deleted then coalesce(i.time_deleted, now()) else i.time_deleted end,
      time_modified = now()
    from jsonb_to_recordset(${JSON.stringify(changed)}::jsonb) as r(id uuid, generation bigint, deleted boolean)
    where i.id = r.id`);
}

/** Somebody stored the same thing between our reading and our writing. */
class Raced extends Error {}

const DEADLOCK = '40P01';
const SERIALIZATION = '40001';

/** Said of a statement that was sent together with one that failed: which of the two errors is seen first is luck. */
const ABORTED = '25P02';

const isRace = (error: unknown) =>
  error instanceof Raced || [DEADLOCK, SERIALIZATION, ABORTED].includes(sqlState(error) ?? '');
