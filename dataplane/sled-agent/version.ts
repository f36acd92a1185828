/**
 * Which API version one sled agent speaks: 5 (multicast) or 4.
 * Invariant: the version is learned from how the agent treats the version header of a request without effect, never from the
 * text of an error. 5 is believed until a request is refused with 400; 4 is verified again every `reprobeMs`, so that an agent
 * upgraded under way is noticed. Concurrent callers share one probe.
 */
import { CodedError, isCoded } from '../../domain/errors';
import type { AgentCall, AgentHttp } from './http';
import type { ApiVersion } from './wire';

/** Nobody's VMM: asking for its state has no effect, and only a wrong version can make that a 400. */
const PROBE_PATH = '/vmms/00000000-0000-0000-0000-000000000000/state';

export interface VersionOptions {
  /** What is believed at the start, for example from the registry. 5 is taken on trust, 4 is verified at the first use. */
  initial: ApiVersion | null;
  reprobeMs: number;
  /** Called whenever the version turns out to be another than the one believed. */
  onVersion: (version: ApiVersion) => void;
  /** Monotonic ms. */
  now: () => number;
}

export class AgentVersion {
  private believed: ApiVersion | null;
  private probedAt = Number.NEGATIVE_INFINITY;
  private pending: Promise<ApiVersion> | null = null;

  constructor(
    private readonly http: AgentHttp,
    private readonly options: VersionOptions,
  ) {
    this.believed = options.initial;
  }

  get known(): ApiVersion | null {
    return this.believed;
  }

  /** The version to speak now. Asks the agent if nothing is known, or if 4 is believed and it is time to look again. */
  async current(): Promise<ApiVersion> {
    if (this.believed === 5) return 5;
    if (this.believed === 4) return this.pending !== null || this.isDue() ? this.lookForUpgrade() : 4;
    return this.verify();
  }

  /**
   * Asks the agent. Throws `Unreachable`, `ServerError` (it answers, but with an error of its own), `Unsupported` (neither 5
   * nor 4).
   */
  async verify(): Promise<ApiVersion> {
    this.pending ??= this.negotiate().finally(() => {
      this.pending = null;
    });
    return this.pending;
  }

  /** An agent that cannot answer right now is believed to be what it was; the call that follows meets its trouble itself. */
  private async lookForUpgrade(): Promise<ApiVersion> {
    try {
      return await this.verify();
    } catch (error) {
      if (isCoded(error)) return 4;
      throw error;
    }
  }

  private isDue(): boolean {
    return this.options.now() - this.probedAt >= this.options.reprobeMs;
  }

  private async negotiate(): Promise<ApiVersion> {
    this.probedAt = this.options.now();
    const version = (await this.accepts(5)) ? 5 : (await this.accepts(4)) ? 4 : null;
    if (version === null) throw new CodedError('Unsupported', 'the sled agent speaks neither API version 5 nor 4');
    if (version !== this.believed) {
      this.believed = version;
      this.options.onVersion(version);
    }
    return version;
  }

  private async accepts(version: ApiVersion): Promise<boolean> {
    const call: AgentCall = { method: 'GET', path: PROBE_PATH, version };
    const answer = await this.http.call(call);
    // Whatever produced a 5xx may have done so before the version was looked at.
    if (answer.status >= 500) throw this.http.failure(call, answer);
    return answer.status !== 400;
  }
}
