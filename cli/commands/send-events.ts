/**
 * `rackcast events send`: posts events from a file. An event without an id gets one here, before it is sent, and it is shown,
 * so that sending again can be the same event.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { answer, type InternalApi, type Schemas } from '../api-client';
import type { Session } from '../command';
import { EXIT, usage, type ExitCode } from '../failure';
import { table } from '../table';
import { orNone, stateText } from '../words';

type Item = Schemas['InstanceEventItem'];

interface Sent {
  event_id: string;
  instance_id: string;
  /** What it was answered with, or how it ended. */
  outcome: string;
  reason: string | null;
  workflow_id: string | null;
}

const BATCH = 1_000;
const LOOK_EVERY_MS = 250;
/** Whatever is not in here may still change. */
const OVER = ['succeeded', 'failed', 'superseded', 'stale', 'refused', 'disabled'];
const GOOD = ['accepted', 'duplicate', 'disabled', 'succeeded', 'superseded', 'stale'];

export async function sendEvents(
  { api, show }: Session,
  { file, wait, timeout }: { file: string; wait?: true; timeout: number },
): Promise<ExitCode> {
  const items = readItems(file);
  const sent: Sent[] = [];
  for (let at = 0; at < items.length; at += BATCH) sent.push(...(await post(api, items.slice(at, at + BATCH))));
  const ended = wait === true ? await waitFor(api, sent, timeout) : sent;
  show(ended, () =>
    table(
      ['event', 'instance', 'outcome', 'reason', 'workflow'],
      ended.map((event) => [
        event.event_id,
        event.instance_id,
        stateText(event.outcome),
        orNone(event.reason),
        orNone(event.workflow_id),
      ]),
    ),
  );
  const good = ended.every(({ outcome }) => GOOD.includes(outcome) && !(wait === true && !OVER.includes(outcome)));
  return good ? EXIT.ok : EXIT.failed;
}

function readItems(file: string): Item[] {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (error) {
    throw usage(`${file}: ${(error as Error).message}`);
  }
  const { items } = (typeof content === 'object' && content !== null ? content : {}) as { items?: unknown };
  const events: unknown[] = [items ?? content].flat();
  // What an event must look like is the API's to say, item by item.
  return events.map((event) => ({ event_id: randomUUID(), ...(event as object) }) as Item);
}

async function post(api: InternalApi, items: Item[]): Promise<Sent[]> {
  const { items: answers } = await answer(api.POST('/instance-events', { body: { items } }));
  return answers.map(({ body }, index) => {
    const { event_id, instance_id } = items[index]!;
    if ('outcome' in body)
      return { event_id, instance_id, outcome: body.outcome, reason: null, workflow_id: body.workflow_id };
    return { event_id, instance_id, outcome: 'refused', reason: body.message, workflow_id: null };
  });
}

async function waitFor(api: InternalApi, sent: Sent[], timeout: number): Promise<Sent[]> {
  const deadline = Date.now() + timeout * 1_000;
  const ended: Sent[] = [];
  for (const event of sent) {
    let now = event;
    while (!OVER.includes(now.outcome)) {
      now = await look(api, event);
      if (OVER.includes(now.outcome) || Date.now() > deadline) break;
      await pause(LOOK_EVERY_MS);
    }
    ended.push(now);
  }
  return ended;
}

async function look(api: InternalApi, { event_id, instance_id }: Sent): Promise<Sent> {
  const path = { instance: instance_id, event: event_id };
  const event = await answer(api.GET('/instances/{instance}/events/{event}', { params: { path } }));
  return { event_id, instance_id, outcome: event.outcome, reason: event.reason, workflow_id: event.workflow_id };
}
