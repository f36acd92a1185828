/**
 * Client of one sled agent: registers and unregisters VMMs, and turns multicast groups on and off for a running one.
 * Invariants: every method may be repeated (a second call finds its effect and succeeds); a version-4 agent is never sent what
 * it does not know; errors leave here as codes of the error table — `Unreachable` and `ServerError` may pass, `Missing` (no
 * such VMM), `Refused` and `Unsupported` do not.
 */
import { CodedError } from '../../domain/errors';
import type { HttpAnswer, HttpOptions } from '../http';
import { AgentHttp, type AgentCall } from './http';
import { canonical } from './membership';
import { AgentVersion } from './version';
import type { ApiVersion, InstanceMulticastBody, InstanceMulticastMembership } from './wire';

/** The deadline is that of one HTTP call; a method makes one call, and at most three more where something is in doubt. */
export interface SledAgentClientOptions extends HttpOptions {
  /** What the registry knows. 5 is believed until it is refused, 4 is verified at the first use. */
  apiVersion?: ApiVersion | null;
  /** Called when the agent turns out to speak another version than the one believed. */
  onVersion?: (version: ApiVersion) => void;
  /** How often at most an agent believed to be version 4 is asked again, in ms. Default 60,000. */
  reprobeMs?: number;
  /** Monotonic clock in ms; for tests. */
  now?: () => number;
}

export interface SledAgentClient {
  /** The version negotiated so far; null before the first answer. */
  version(): ApiVersion | null;
  /** Asks the agent for its version now, whatever is believed. */
  negotiate(): Promise<ApiVersion>;
  /**
   * Registers a VMM. `body` is a version-5 registration; its `local_config.multicast_groups` is replaced by `multicastGroups`
   * (left out for version 4). Nothing else in it is looked at or changed. Throws `Refused` when it has no `local_config`.
   */
  registerVmm(propolisId: string, body: unknown, multicastGroups: InstanceMulticastMembership[]): Promise<void>;
  /** An unknown VMM is done. */
  unregisterVmm(propolisId: string): Promise<void>;
  /** `not_supported`: a version-4 agent, which was not asked. Throws `Missing` for an unknown VMM, `Refused` for one that ends. */
  joinGroup(propolisId: string, membership: InstanceMulticastMembership): Promise<'joined' | 'not_supported'>;
  /** An unknown or ending VMM has left. Only the entry with the same sources goes. */
  leaveGroup(propolisId: string, membership: InstanceMulticastMembership): Promise<'left' | 'not_supported'>;
  close(): Promise<void>;
}

type Method = AgentCall['method'];

export function createSledAgentClient(options: SledAgentClientOptions): SledAgentClient {
  const http = new AgentHttp(options);
  const version = new AgentVersion(http, {
    initial: options.apiVersion ?? null,
    reprobeMs: options.reprobeMs ?? 60_000,
    onVersion: options.onVersion ?? (() => {}),
    now: options.now ?? (() => performance.now()),
  });

  /**
   * Speaks the version the agent has. A 400 is either about the body or about the version: only in the second case does the
   * agent prove to have another version, and the call is made again in it. Null: `bodyOf` has nothing to say in that version.
   */
  async function speak(method: Method, path: string, bodyOf: (version: ApiVersion) => { body?: unknown } | null) {
    const believed = await version.current();
    const first = await attempt(believed);
    if (first?.answer.status !== 400) return first;
    const actual = await version.verify();
    return actual === believed ? first : attempt(actual);

    async function attempt(spoken: ApiVersion) {
      const content = bodyOf(spoken);
      if (content === null) return null;
      const call: AgentCall = { method, path, version: spoken, ...content };
      return { call, answer: await http.call(call) };
    }
  }

  /** A simulated agent answers 500 for a VMM it does not know; the real one 404. The VMM's state tells them apart. */
  async function isUnknown(propolisId: string, { status }: HttpAnswer): Promise<boolean> {
    if (status !== 500) return status === 404;
    const spoken = await speak('GET', `${vmmPath(propolisId)}/state`, () => ({}));
    return spoken?.answer.status === 404;
  }

  async function setMembership(method: Method, propolisId: string, body: InstanceMulticastBody) {
    const path = `${vmmPath(propolisId)}/multicast-group`;
    return speak(method, path, (spoken) => (spoken === 4 ? null : { body }));
  }

  return {
    version: () => version.known,
    negotiate: () => version.verify(),

    async registerVmm(propolisId, body, multicastGroups) {
      const bodyOf = registration(body, multicastGroups.map(canonical));
      const spoken = await speak('PUT', vmmPath(propolisId), (to) => ({ body: bodyOf(to) }));
      if (spoken !== null && !isSuccess(spoken.answer)) throw http.failure(spoken.call, spoken.answer);
    },

    async unregisterVmm(propolisId) {
      const spoken = await speak('DELETE', vmmPath(propolisId), () => ({}));
      if (spoken === null || isSuccess(spoken.answer) || isGone(spoken.answer)) return;
      throw http.failure(spoken.call, spoken.answer);
    },

    async joinGroup(propolisId, membership) {
      const spoken = await setMembership('PUT', propolisId, { join: canonical(membership) });
      if (spoken === null) return 'not_supported';
      const { call, answer } = spoken;
      if (isSuccess(answer)) return 'joined';
      const error = http.failure(call, answer);
      throw (await isUnknown(propolisId, answer)) ? new CodedError('Missing', error.message) : error;
    },

    async leaveGroup(propolisId, membership) {
      const spoken = await setMembership('DELETE', propolisId, { leave: canonical(membership) });
      if (spoken === null) return 'not_supported';
      const { call, answer } = spoken;
      if (isSuccess(answer) || isGone(answer) || (await isUnknown(propolisId, answer))) return 'left';
      throw http.failure(call, answer);
    },

    close: () => http.close(),
  };
}

function vmmPath(propolisId: string): string {
  return `/vmms/${encodeURIComponent(propolisId)}`;
}

function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300;
}

/** 404: no such VMM. 410: it is ending, and its memberships with it. */
function isGone({ status }: HttpAnswer): boolean {
  return status === 404 || status === 410;
}

/** The registration body per version. It is passed on, not parsed: an agent newer than this client keeps its own fields. */
function registration(body: unknown, groups: InstanceMulticastMembership[]): (version: ApiVersion) => unknown {
  if (!isRecord(body) || !isRecord(body.local_config)) {
    throw new CodedError('Refused', 'the VMM registration has no local_config');
  }
  const { multicast_groups: _replaced, ...localConfig } = body.local_config;
  return (version) => ({
    ...body,
    local_config: version === 5 ? { ...localConfig, multicast_groups: groups } : localConfig,
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
