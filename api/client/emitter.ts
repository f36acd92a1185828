/**
 * The client that a control plane uses: it posts lifecycle events and asks what became of them.
 *
 * Invariant: an event keeps its `event_id` through every retry, so a post whose answer was lost is never a second event. Only
 * what may succeed later is tried again (no connection, 429, 5xx); a refusal is an error at once.
 */
import { randomUUID } from 'node:crypto';
import type { EventKind, EventOutcome, LifecycleEvent } from '../../domain/events';
import { createInternalHttp, type InternalHttpOptions } from './http';

/** The event without what the client can fill in. */
export type EmittedEvent = LifecycleEvent extends infer E
  ? E extends LifecycleEvent
    ? Omit<E, 'event_id'> & { event_id?: string }
    : never
  : never;

export interface Receipt {
  event_id: string;
  outcome: 'accepted' | 'disabled' | 'duplicate' | 'stale';
  url: string;
  workflow_id: string | null;
}

export interface EventStatus {
  event_id: string;
  instance_id: string;
  kind: EventKind;
  generation: number;
  outcome: EventOutcome;
  reason: string | null;
  url: string;
  workflow_id: string | null;
  run_id: string | null;
  groups: string[];
  time_accepted: string;
  time_claimed: string | null;
  time_applied: string | null;
  time_finished: string | null;
}

export type BatchAnswer =
  | { status: 200 | 202; body: Receipt }
  | { status: number; body: { request_id: string; error_code?: string; message: string } };

const OVER: readonly EventOutcome[] = ['succeeded', 'failed', 'superseded', 'stale'];
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 1_000;

export type Emitter = ReturnType<typeof createEmitter>;

export function createEmitter(options: InternalHttpOptions) {
  const http = createInternalHttp(options);
  const put = (path: string, body: unknown) => http.send<unknown>('PUT', path, body);

  async function eventStatus(instanceId: string, eventId: string): Promise<EventStatus> {
    return http.send('GET', `/instances/${instanceId}/events/${eventId}`);
  }

  return {
    async emit(instanceId: string, event: EmittedEvent): Promise<Receipt> {
      return http.send('POST', `/instances/${instanceId}/events`, identified(event));
    },

    /** Answers in the order of the items; a refused item is an answer, not an error. */
    async emitBatch(items: ({ instance_id: string } & EmittedEvent)[]): Promise<BatchAnswer[]> {
      const answer = await http.send<{ items: BatchAnswer[] }>('POST', '/instance-events', {
        items: items.map(identified),
      });
      return answer.items;
    },

    eventStatus,

    /** Waits until the event is over; throws when it is not within the time. */
    async waitForOutcome(instanceId: string, eventId: string, { timeoutMs = 60_000 } = {}): Promise<EventStatus> {
      const deadline = Date.now() + timeoutMs;
      for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
        const status = await eventStatus(instanceId, eventId);
        if (OVER.includes(status.outcome)) return status;
        if (Date.now() + pause > deadline)
          throw new Error(
            `event ${eventId} is still ${status.outcome} after ${timeoutMs} ms${status.reason === null ? '' : `: ${status.reason}`}`,
          );
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    },

    putSilo: (id: string, body: { name: string }) => put(`/silos/${id}`, body),
    putProject: (id: string, body: { silo_id: string; name: string }) => put(`/projects/${id}`, body),
    putVpc: (id: string, body: { project_id: string; name: string; vni: number }) => put(`/vpcs/${id}`, body),
    putSled: (id: string, body: SledBody) => put(`/sleds/${id}`, body),
    putSwitch: (id: string, body: { slot: number; dpd_address: string }) => put(`/switches/${id}`, body),
    /** Any other endpoint of the internal API, with the same retries: POST only where repeating it does no harm. */
    request: <T>(method: string, path: string, body?: unknown) => http.send<T>(method, path, body),
  };
}

export interface SledBody {
  port?: string;
  cubby?: number;
  agent_address: string;
  agent_api_version?: number;
}

/** The id is given once, before the first attempt. */
function identified<E extends { event_id?: string }>(event: E): E & { event_id: string } {
  return { ...event, event_id: event.event_id ?? randomUUID() };
}
