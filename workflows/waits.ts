/**
 * What a run's events wait for, as its steps see it: rounds of groups. A signal says how events ended, or what a round brought to one
 * that goes on after it; at the bound the rows are read once. Time alone never fails an event.
 */
import { condition, defineSignal, setHandler, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Activities } from '../activities';
import type { EventEnd } from '../domain/events';
import { LIMITS } from '../domain/limits';
import { fitsSearchAttribute } from '../domain/search-attributes';
import { ENDED_SIGNAL, OUTCOMES_SIGNAL } from '../domain/workflow-ids';
import { rows } from './proxies';
import type { Failure } from './saga';

export type Wait = Awaited<ReturnType<Activities['readOutcomes']>>['waits'][number];
type Told = Pick<Wait, 'eventId' | 'groupId' | 'request' | 'outcome' | 'reason'>;

export class Waits {
  readonly #told = new Map<string, Told>();
  readonly #open = new Map<string, Wait[]>();
  /** Events that are over: nothing is left to do for them. */
  readonly ended = new Map<string, EventEnd>();
  /** Events that were given up waiting for; they are neither done nor failed. */
  readonly undecided = new Set<string>();

  /** `named`: groups that the run's search attributes name already. */
  constructor(private readonly named: readonly string[]) {
    setHandler(defineSignal<[Told[]]>(OUTCOMES_SIGNAL), (told) => {
      for (const outcome of told) this.#told.set(key(outcome), outcome);
    });
    setHandler(defineSignal<[EventEnd[]]>(ENDED_SIGNAL), (ended) => this.end(ended));
  }

  end(ended: EventEnd[]): void {
    for (const event of ended) this.ended.set(event.eventId, event);
  }

  /** From now on these events wait for this; some of it may be decided already. */
  expect(waits: Wait[]): void {
    for (const { eventId } of waits) this.#open.set(eventId, []);
    for (const wait of waits) {
      this.#open.get(wait.eventId)?.push(wait);
      if (wait.outcome !== null) this.#told.set(key(wait), wait);
    }
    const groups = new Map(waits.filter((wait) => wait.ip !== '').map((wait) => [wait.groupId, wait.ip]));
    if ([...groups.keys()].every((groupId) => this.named.includes(groupId))) return;
    upsertSearchAttributes([
      {
        key: defineSearchAttributeKey('MulticastGroupId', 'KEYWORD_LIST'),
        value: fitsSearchAttribute([...groups.keys()]),
      },
      {
        key: defineSearchAttributeKey('MulticastIp', 'KEYWORD_LIST'),
        value: fitsSearchAttribute([...groups.values()]),
      },
    ]);
  }

  /** Waits until everything that these events wait for is decided, or the bound. Returns the failures. */
  async settle(events: { eventId: string }[]): Promise<Failure[]> {
    const open = new Map(events.map(({ eventId }) => [eventId, this.#open.get(eventId) ?? []]));
    const isDecided = (eventId: string) =>
      this.ended.has(eventId) || (open.get(eventId) ?? []).every((wait) => this.#told.has(key(wait)));
    const decided = () => events.every(({ eventId }) => isDecided(eventId));
    if (!decided() && !(await condition(decided, LIMITS.waitMs))) await this.#look(events);
    return events.flatMap(({ eventId }): Failure[] => {
      const reason = this.#failureOf(eventId, open.get(eventId) ?? []);
      if (!isDecided(eventId)) this.undecided.add(eventId);
      return reason === null ? [] : [{ eventId, reason }];
    });
  }

  async #look(events: { eventId: string }[]): Promise<void> {
    const eventIds = events.map((event) => event.eventId);
    const found = await rows.readOutcomes({ workflowId: workflowInfo().workflowId, eventIds });
    // Earlier builds recorded the waits alone.
    const { waits, ended } = Array.isArray(found) ? { waits: found as Wait[], ended: [] } : found;
    this.end(ended);
    this.expect(waits);
  }

  #failureOf(eventId: string, open: Wait[]): string | null {
    const ended = this.ended.get(eventId);
    if (ended !== undefined) return ended.outcome === 'failed' ? (ended.reason ?? 'failed') : null;
    const failed = open.find((wait) => (this.#told.get(key(wait))?.outcome ?? 'served') !== 'served');
    if (failed === undefined) return null;
    const told = this.#told.get(key(failed));
    return `${failed.ip}: ${told?.reason ?? told?.outcome}`;
  }
}

function key(wait: Pick<Wait, 'eventId' | 'groupId' | 'request'>): string {
  return `${wait.eventId} ${wait.groupId} ${wait.request}`;
}
