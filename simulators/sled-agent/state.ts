/**
 * What an operator holds of a simulated sled agent: its VMMs and the version it serves. Invariant: a restart forgets the
 * VMMs and nothing else; the version is the installed program's.
 */
import type { ApiVersion } from '../../dataplane/sled-agent/wire';
import { OperatedState } from '../operator';
import { Vmms } from './vmms';

export interface SledAgentOptions {
  apiVersion: ApiVersion;
  sledId?: string;
  /** A join for a VMM never heard of makes one with a primary NIC. Default true. */
  autoRegister?: boolean;
}

export class SledAgentState extends OperatedState {
  readonly sledId: string | null;
  readonly vmms: Vmms;
  /** The newest API version it serves. */
  apiVersion: ApiVersion;

  constructor({ apiVersion, sledId, autoRegister = true }: SledAgentOptions) {
    super();
    this.sledId = sledId ?? null;
    this.apiVersion = apiVersion;
    this.vmms = new Vmms(autoRegister);
  }

  override restart(): void {
    this.vmms.forget();
  }
}
