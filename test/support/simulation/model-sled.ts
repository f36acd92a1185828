/** A sled agent: which VMM accepts which group with which sources. Faults: silence, errors before and after the effect. */
import type { SledAgentClient } from '../../../dataplane/sled-agent/client';
import { CodedError } from '../../../domain/errors';
import { sourcesKey } from '../../../domain/plan-round';
import { LIMITS } from '../../../domain/limits';
import type { Clock } from './clock';
import { hit } from './stage';

export class ModelSled {
  /** `vmm ip sources` */
  readonly flows = new Set<string>();
  readonly #gone = new Set<string>();
  errors: ('before' | 'after' | 'refused')[] = [];
  silentUntil = 0;

  constructor(
    private readonly clock: Clock,
    readonly id: string,
  ) {}

  readonly client: SledAgentClient = {
    version: () => 5,
    negotiate: async () => 5,
    registerVmm: (vmm, _body, groups) =>
      this.#call(() => {
        this.#gone.delete(vmm);
        for (const group of groups) this.flows.add(flowKey(vmm, group));
      }),
    unregisterVmm: (vmm) => this.#call(() => this.#forget(vmm)),
    joinGroup: async (vmm, group) => {
      await this.#call(() => {
        if (this.#gone.has(vmm)) throw new CodedError('Missing', `${this.id}: no VMM ${vmm}`);
        this.flows.add(flowKey(vmm, group));
      });
      return 'joined';
    },
    leaveGroup: async (vmm, group) => {
      await this.#call(() => void this.flows.delete(flowKey(vmm, group)));
      return 'left';
    },
    close: async () => {},
  };

  async #call(effect: () => void): Promise<void> {
    await this.clock.point();
    if (this.clock.now < this.silentUntil) {
      hit('sled silent');
      await this.clock.point(LIMITS.sledCallMs);
      throw new CodedError('Unreachable', `${this.id}: no answer`);
    }
    const error = this.errors.shift();
    if (error !== undefined) hit(`sled error ${error}`);
    if (error === 'refused') throw new CodedError('Refused', `${this.id}: 400`);
    if (error !== 'before') effect();
    if (error !== undefined) throw new CodedError('ServerError', `${this.id}: 500`);
    await this.clock.point();
  }

  /** Its registration was taken back. */
  isGone(vmm: string): boolean {
    return this.#gone.has(vmm);
  }

  #forget(vmm: string): void {
    this.#gone.add(vmm);
    for (const flow of this.flows) if (flow.startsWith(`${vmm} `)) this.flows.delete(flow);
  }
}

export function flowKey(vmm: string, group: { group_ip: string; sources: string[] }): string {
  return `${vmm} ${group.group_ip} ${sourcesKey(group.sources)}`;
}
