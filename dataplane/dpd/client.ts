/**
 * The client of one switch daemon (DPD). Invariant: one edit is one HTTP request, an error leaves with a code of the
 * error table, and the API version never shows: callers see groups, edits and ports.
 */
import type { ObservedGroup, SwitchEdit, SwitchObject } from '../../domain/switch-config';
import { callFor } from './edits';
import { accepted, requireSuccess } from './errors';
import { observed } from './observed';
import { createTransport, type Answer, type ApiLevel, type Call, type DpdClientOptions } from './transport';
import { callForV1 } from './v1';
import { Negotiation } from './versions';
import { DEFAULT_PAGE_SIZE, Group, GroupPage, PortList } from './wire';

export type { DpdClientOptions } from './transport';

export interface SwitchStatus {
  /** Whole seconds since the daemon started; going backwards means that it restarted, empty. */
  uptimeSeconds: number;
  /** The version spoken: 8 for every daemon from 8 on, else 1. */
  apiVersion: ApiLevel;
  /** Whether the daemon was built with multicast. */
  multicast: boolean;
}

/**
 * Every method throws CodedError: `Unreachable` (no connection, no answer in time), `ServerError` (5xx, or an answer
 * that is not understood), `Unsupported` (no common version, no multicast), `Refused` (any other 4xx, or a request that
 * was not sent because the daemon must not get it). `apply` also `Conflict` (created already) and `Missing` (nothing to
 * replace).
 */
export interface DpdClient {
  /** Asks for version and features anew, so it also notices an upgraded daemon. */
  status(): Promise<SwitchStatus>;
  /** Names of all ports, `rear0` and the like, in the daemon's order. */
  ports(): Promise<string[]>;
  /** What the switch has at the two addresses of a group; null where nothing is. */
  readGroup(addresses: { underlayIp: string; externalIp: string }): Promise<ObservedGroup>;
  /**
   * Deleting what is not there is done. After Unreachable and ServerError it is unknown whether the edit took effect.
   */
  apply(edit: SwitchEdit): Promise<void>;
  /** All groups in address order, IPv4 first, in pages of at most `limit` (100; the daemon's maximum is 10,000). */
  listGroups(limit?: number): AsyncIterable<SwitchObject[]>;
  /** Waits for requests under way, then closes the connections. */
  close(): Promise<void>;
}

export function createDpdClient(options: DpdClientOptions): DpdClient {
  const transport = createTransport(options);
  const negotiation = new Negotiation(transport);
  const get = (path: string): Promise<Answer> => negotiation.send(() => ({ method: 'GET', path }));

  async function status(): Promise<SwitchStatus> {
    const { level, uptimeSeconds } = await negotiation.probe();
    const answer = await get('/multicast/groups?limit=1');
    const multicast = answer.status !== 501;
    if (multicast) requireSuccess(transport, answer);
    return { uptimeSeconds, apiVersion: level, multicast };
  }

  async function readObject(ip: string): Promise<SwitchObject | null> {
    const answer = await get(`/multicast/groups/${ip}`);
    return answer.status === 404 ? null : observed(accepted(transport, answer, Group));
  }

  async function readGroup({
    underlayIp,
    externalIp,
  }: {
    underlayIp: string;
    externalIp: string;
  }): Promise<ObservedGroup> {
    const [underlay, external] = await Promise.all([readObject(underlayIp), readObject(externalIp)]);
    return {
      underlay: underlay?.kind === 'underlay' ? underlay : null,
      external: external?.kind === 'external' ? external : null,
    };
  }

  async function apply(edit: SwitchEdit): Promise<void> {
    const answer = await negotiation.send((level): Call => (level === 1 ? callForV1(edit) : callFor(edit)));
    if (answer.call.method === 'DELETE' && answer.status === 404) return;
    requireSuccess(transport, answer);
  }

  /** A page with items always names a next one, so only an empty page is the end. */
  async function* listGroups(limit = DEFAULT_PAGE_SIZE): AsyncGenerator<SwitchObject[]> {
    let token: string | null = '';
    while (token !== null) {
      const after: string = token === '' ? '' : `&page_token=${encodeURIComponent(token)}`;
      const page = accepted(transport, await get(`/multicast/groups?limit=${limit}${after}`), GroupPage);
      if (page.items.length === 0) return;
      yield page.items.map(observed);
      token = page.next_page;
    }
  }

  return {
    status,
    ports: async () => accepted(transport, await get('/ports'), PortList),
    readGroup,
    apply,
    listGroups,
    close: () => transport.close(),
  };
}
