/**
 * Whether an event is accepted: judged against what is known of its instance and of what it names, one after another, so that
 * several generations of one instance may come together. Invariants: an event id has one content; an accepted generation is
 * newer than every one accepted before; a refused event leaves no trace.
 */
import { CodedError } from './errors';
import type { EventBody, LifecycleEvent } from './events';
import { LIMITS } from './limits';
import { isUuid } from './names';

export interface KnownInstance {
  id: string;
  projectId: string;
  name: string;
  /** Of the newest accepted event. */
  generation: number;
  /** Its delete was accepted. */
  deleted: boolean;
}

export interface KnownEvent {
  contentHash: string;
  claimedBy: string | null;
}

export interface KnownGroup {
  id: string;
  projectId: string;
  name: string;
  deleting: boolean;
}

/** What the events name, as far as it exists. */
export interface References {
  projects: ReadonlySet<string>;
  sleds: ReadonlySet<string>;
  groups: readonly KnownGroup[];
  /** Live instances that have a name which a create asks for. */
  named: readonly { id: string; projectId: string; name: string }[];
}

export type Admission =
  | { verdict: 'accepted'; body: EventBody }
  | { verdict: 'stale'; body: EventBody; than: number }
  | { verdict: 'duplicate'; claimedBy: string | null }
  | { verdict: 'refused'; error: CodedError };

/** Judges a sequence of events; remembers those it admitted. */
export class Admissions {
  readonly instances: Map<string, KnownInstance>;
  private readonly events: Map<string, KnownEvent>;
  private readonly names: Map<string, string>;

  constructor(
    instances: Iterable<KnownInstance>,
    events: Iterable<KnownEvent & { eventId: string }>,
    private readonly references: References,
  ) {
    this.instances = new Map([...instances].map((instance) => [instance.id, { ...instance }]));
    this.events = new Map([...events].map((event) => [event.eventId, event]));
    this.names = new Map(references.named.map((each) => [`${each.projectId}/${each.name}`, each.id]));
  }

  admit(instanceId: string, event: LifecycleEvent, contentHash: string): Admission {
    const known = this.events.get(event.event_id);
    if (known !== undefined) {
      if (known.contentHash === contentHash) return { verdict: 'duplicate', claimedBy: known.claimedBy };
      return refused('EventConflict', `event ${event.event_id} was posted before with other content`);
    }
    try {
      const admission = this.judge(instanceId, event);
      this.events.set(event.event_id, { contentHash, claimedBy: null });
      return admission;
    } catch (error) {
      if (error instanceof CodedError) return { verdict: 'refused', error };
      throw error;
    }
  }

  private judge(instanceId: string, event: LifecycleEvent): Admission {
    const instance = this.instances.get(instanceId);
    if (instance === undefined) {
      if (event.kind !== 'create')
        throw new CodedError('ObjectNotFound', `not found: instance with id "${instanceId}"`);
      const { project_id: projectId, name } = event;
      const body = this.resolve(event, projectId);
      this.requireFreeName(projectId, name);
      this.instances.set(instanceId, { id: instanceId, projectId, name, generation: event.generation, deleted: false });
      this.names.set(`${projectId}/${name}`, instanceId);
      return { verdict: 'accepted', body };
    }
    if (event.generation <= instance.generation)
      return { verdict: 'stale', body: posted(event), than: instance.generation };
    if (event.kind === 'create')
      throw new CodedError('ObjectAlreadyExists', `already exists: instance "${instance.name}"`);
    if (instance.deleted) throw invalid(`instance ${instanceId} was deleted by generation ${instance.generation}`);

    const body = this.resolve(event, instance.projectId);
    instance.generation = event.generation;
    if (event.kind === 'delete') {
      instance.deleted = true;
      this.names.delete(`${instance.projectId}/${instance.name}`);
    }
    return { verdict: 'accepted', body };
  }

  /** The event as it is stored: what it names exists, and groups are ids. */
  private resolve(event: LifecycleEvent, projectId: string): EventBody {
    switch (event.kind) {
      case 'create':
        if (!this.references.projects.has(projectId)) throw invalid(`project_id: no project with id "${projectId}"`);
        return { ...posted(event), multicast_groups: this.resolveGroups(event.multicast_groups, projectId) };
      case 'reconfigure':
        return { multicast_groups: this.resolveGroups(event.multicast_groups, projectId) };
      case 'start':
        this.requireSled('sled_id', event.sled_id);
        return posted(event);
      case 'migrate':
        this.requireSled('source.sled_id', event.source.sled_id);
        this.requireSled('target.sled_id', event.target.sled_id);
        if (event.source.propolis_id === event.target.propolis_id)
          throw invalid('target.propolis_id: the target VMM must be another one than the source');
        return posted(event);
      default:
        return {};
    }
  }

  private resolveGroups(selectors: string[], projectId: string): string[] {
    if (selectors.length > LIMITS.groupsPerInstance) {
      throw invalid(
        `multicast_groups: ${selectors.length} groups given, an instance can be in at most ${LIMITS.groupsPerInstance}`,
      );
    }
    const ids = new Set<string>();
    for (const selector of selectors) {
      const group = this.findGroup(selector, projectId);
      if (ids.has(group.id)) throw invalid(`multicast_groups: group "${selector}" is given twice`);
      ids.add(group.id);
    }
    return [...ids];
  }

  /** A group of another project is not told from one that does not exist. */
  private findGroup(selector: string, projectId: string): KnownGroup {
    const byId = isUuid(selector);
    const group = this.references.groups.find(
      (each) => each.projectId === projectId && (byId ? each.id === selector : each.name === selector),
    );
    if (group === undefined)
      throw invalid(`multicast_groups: no group with ${byId ? 'id' : 'name'} "${selector}" in the instance's project`);
    if (group.deleting) throw invalid(`multicast_groups: group "${selector}" is being deleted`);
    return group;
  }

  private requireSled(field: string, id: string): void {
    if (!this.references.sleds.has(id)) throw invalid(`${field}: no sled with id "${id}"`);
  }

  private requireFreeName(projectId: string, name: string): void {
    if (this.names.has(`${projectId}/${name}`))
      throw new CodedError('ObjectAlreadyExists', `already exists: instance "${name}"`);
  }
}

/** The event less its identity. */
function posted(event: LifecycleEvent): EventBody {
  const { event_id: _id, generation: _generation, kind: _kind, ...body } = event;
  return body;
}

const invalid = (message: string) => new CodedError('InvalidRequest', message);

const refused = (code: 'EventConflict', message: string): Admission => ({
  verdict: 'refused',
  error: new CodedError(code, message),
});
