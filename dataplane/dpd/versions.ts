/**
 * Which API version to speak with a daemon. Invariant: a request that was refused for its version had no effect and is
 * sent once more in the version the daemon knows, so an upgrade or a downgrade between two requests is never seen
 * outside.
 */
import { CodedError } from '../../domain/errors';
import { accepted, refusesVersion } from './errors';
import type { Answer, ApiLevel, Call, Transport } from './transport';
import { Uptime } from './wire';

/** 8.0.0 is taken by every daemon from 8 on; multicast has not changed since. */
const LEVELS: readonly ApiLevel[] = [8, 1];
const PROBE: Call = { method: 'GET', path: '/dpd-uptime' };

interface Probe {
  level: ApiLevel;
  uptimeSeconds: number;
}

export class Negotiation {
  private level: ApiLevel | null = null;

  constructor(private readonly transport: Transport) {}

  /** Asks for the newest version again, whatever was agreed before. Throws Unsupported if there is no common one. */
  async probe(): Promise<Probe> {
    for (const level of LEVELS) {
      const answer = await this.transport.send(PROBE, level);
      if (refusesVersion(answer)) continue;
      const uptimeSeconds = accepted(this.transport, answer, Uptime);
      this.level = level;
      return { level, uptimeSeconds };
    }
    const text = `the daemon speaks neither API 8 nor API 1 (${this.transport.name(PROBE)})`;
    throw new CodedError('Unsupported', text);
  }

  /** Sends what `call` makes for the agreed version. */
  async send(call: (level: ApiLevel) => Call): Promise<Answer> {
    const level = this.level ?? (await this.probe()).level;
    const answer = await this.transport.send(call(level), level);
    if (!refusesVersion(answer)) return answer;
    const agreed = (await this.probe()).level;
    return await this.transport.send(call(agreed), agreed);
  }
}
