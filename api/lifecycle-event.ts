/**
 * Lifecycle events on the wire: one schema per kind, told apart by `kind`. What passes is complete and can be stored; whether
 * what it names exists is judged where it is accepted.
 */
import { z } from 'zod';
import { LIMITS } from '../domain/limits';
import { judgeRegistration } from './vmm-registration';
import { Name, NameOrId, shownAs, Uuid } from './wire';

const Generation = z
  .int('expected an integer below 2^53')
  .min(0)
  .meta({
    description: 'Grows with each event of the instance and orders them.',
    override: shownAs({ type: 'integer', format: 'int64', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  });

const identity = {
  event_id: Uuid.meta({ description: 'Makes the event idempotent: a repeated id must repeat the content.' }),
  generation: Generation,
};

export const VmLocation = z
  .object({ sled_id: Uuid, propolis_id: Uuid })
  .meta({ id: 'VmLocation', description: 'Where a VM runs.' });

const Groups = z
  .array(NameOrId)
  .meta({ description: `Groups of the instance's project, by name or id; at most ${LIMITS.groupsPerInstance}.` });

const VmmRegistration = z
  .record(z.string(), z.unknown())
  .refine((body) => isStorable(body), {
    error: 'contains characters that cannot be stored, or is nested too deeply',
    abort: true,
  })
  .superRefine(judgeRegistration)
  .meta({
    id: 'VmmRegistration',
    description: "Body of the sled agent's VMM registration; passed on as it is, with the multicast groups filled in.",
    override: shownAs({ type: 'object', additionalProperties: true }),
  });

const InstanceCreateEvent = z
  .object({
    kind: z.literal('create'),
    ...identity,
    project_id: Uuid,
    name: Name,
    multicast_groups: Groups.nullish().transform((groups) => groups ?? []),
  })
  .meta({ id: 'InstanceCreateEvent' });

const InstanceStartEvent = z
  .object({
    kind: z.literal('start'),
    ...identity,
    ...VmLocation.shape,
    vmm_registration: VmmRegistration.nullish().transform((body) => body ?? null),
  })
  .meta({ id: 'InstanceStartEvent' });

const InstanceMigrateEvent = z
  .object({
    kind: z.literal('migrate'),
    ...identity,
    source: VmLocation,
    target: VmLocation,
    vmm_registration: VmmRegistration.nullish().transform((body) => body ?? null),
  })
  .meta({ id: 'InstanceMigrateEvent' });

const InstanceReconfigureEvent = z
  .object({ kind: z.literal('reconfigure'), ...identity, multicast_groups: Groups })
  .meta({ id: 'InstanceReconfigureEvent' });

const plain = <K extends 'stop' | 'delete' | 'reboot' | 'fail'>(kind: K, id: string) =>
  z.object({ kind: z.literal(kind), ...identity }).meta({ id });

const KINDS = [
  InstanceCreateEvent,
  InstanceStartEvent,
  plain('stop', 'InstanceStopEvent'),
  plain('delete', 'InstanceDeleteEvent'),
  InstanceMigrateEvent,
  InstanceReconfigureEvent,
  plain('reboot', 'InstanceRebootEvent'),
  plain('fail', 'InstanceFailEvent'),
] as const;

export const InstanceEvent = z
  .discriminatedUnion('kind', KINDS)
  .meta({ id: 'InstanceEvent', description: 'Something happened to an instance, or is about to.' });
export type PostedInstanceEvent = z.output<typeof InstanceEvent>;

/** An item of a batch. Whether it is one is answered item by item, so here anything may come. */
export const InstanceEventItem = z.unknown().meta({
  id: 'InstanceEventItem',
  description: 'An event of any kind, with the id of its instance beside its own fields.',
  // Not "all of InstanceEvent": generators take that for one more kind of it.
  override: shownAs({
    allOf: [
      { oneOf: KINDS.map((kind) => ({ $ref: `#/components/schemas/${kind.meta()?.id}` })) },
      { type: 'object', properties: { instance_id: { type: 'string', format: 'uuid' } }, required: ['instance_id'] },
    ],
  }),
});

const InstanceId = z.object({ instance_id: Uuid });

export type ParsedItem =
  | { success: true; instanceId: string; event: PostedInstanceEvent }
  | { success: false; issues: z.core.$ZodIssue[] };

export function parseItem(item: unknown): ParsedItem {
  const id = InstanceId.safeParse(item);
  const event = InstanceEvent.safeParse(item);
  if (id.success && event.success) return { success: true, instanceId: id.data.instance_id, event: event.data };
  return { success: false, issues: [...(id.error?.issues ?? []), ...(event.error?.issues ?? [])] };
}

const MAX_DEPTH = 64;

/** Whether Postgres can keep it as JSON: no U+0000, no half surrogate, no abyss. */
function isStorable(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return !value.includes('\0') && !/\p{Surrogate}/u.test(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth >= MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every((item) => isStorable(item, depth + 1));
  return Object.entries(value).every(([key, field]) => isStorable(key) && isStorable(field, depth + 1));
}
