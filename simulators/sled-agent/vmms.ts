/**
 * The VMMs of one simulated sled and what may be done with them.
 * Invariants, as the real agent keeps them: joining twice is one entry; a membership the packet engine refuses is not kept; an
 * ending VMM takes no more orders; asking to unregister or stop an unknown VMM is no error.
 */
import { randomUUID } from 'node:crypto';
import type {
  InstanceEnsureBody,
  InstanceMulticastMembership,
  SledVmmState,
  VmmRuntimeState,
  VmmStateRequested,
} from '../../dataplane/sled-agent/wire';
import { internal } from '../dropshot';
import { noSuchVmm, terminating } from './extract';
import { isSame, OpteError, OpteStub, type Nic, type Port } from './opte';

/** Registration as this version of the API has it: version 4 has no list of groups. */
export type Registration = Omit<InstanceEnsureBody, 'local_config'> & {
  local_config: Omit<InstanceEnsureBody['local_config'], 'multicast_groups'> & {
    multicast_groups?: InstanceMulticastMembership[];
  };
};

interface Vmm {
  id: string;
  /** Null: registered by the simulator itself, at the first join. */
  instanceId: string | null;
  runtime: VmmRuntimeState;
  terminating: boolean;
  nics: Nic[];
}

/** A VMM as the admin endpoint shows it. */
export interface VmmView {
  propolis_id: string;
  instance_id: string | null;
  state: VmmRuntimeState['state'];
  terminating: boolean;
  auto_registered: boolean;
  nics: (Nic & Pick<Port, 'prepared' | 'joined'>)[];
}

const AFTER: Record<VmmStateRequested, VmmRuntimeState['state']> = {
  running: 'running',
  reboot: 'running',
  migration_target: 'migrating',
  stopped: 'destroyed',
};

export class Vmms {
  private vmms = new Map<string, Vmm>();
  /** Unregistered or stopped ones: their ids are never used again, so they do not come back by themselves. */
  private gone = new Set<string>();
  private opte = new OpteStub();

  /** `autoRegister`: a VMM that was never heard of counts as registered elsewhere, running, with one primary NIC. */
  constructor(public autoRegister: boolean) {}

  register(id: string, body: Registration): SledVmmState {
    const known = this.vmms.get(id);
    if (known !== undefined && known.instanceId !== null) {
      if (known.terminating) throw terminating(id);
      if (known.instanceId !== body.instance_id) throw internal();
      return stateOf(known);
    }
    const config = body.local_config;
    const live = known === undefined ? [] : this.portOf(known).joined;
    if (known !== undefined) this.remove(known);
    const nics = config.nics.map(({ id: nic, primary, mac, ip, vni }) => ({ id: nic, primary, mac, ip, vni }));
    const vmm = this.add({ id, instanceId: body.instance_id, runtime: body.vmm_runtime, terminating: false, nics });
    for (const nic of nics) this.opte.createPort(nic, nic.primary ? (config.multicast_groups ?? []) : []);
    const primary = nics.find((nic) => nic.primary);
    if (primary !== undefined) this.opte.ensureGroups(primary.id, live);
    return stateOf(vmm);
  }

  unregister(id: string): SledVmmState | null {
    const vmm = this.vmms.get(id);
    this.gone.add(id);
    if (vmm === undefined) return null;
    this.remove(vmm);
    return stateOf(advance(vmm, 'destroyed'));
  }

  state(id: string): SledVmmState {
    return stateOf(this.find(id));
  }

  putState(id: string, requested: VmmStateRequested): SledVmmState | null {
    if (requested === 'stopped') return this.unregister(id);
    const vmm = this.find(id);
    if (vmm.terminating) throw terminating(id);
    return stateOf(advance(vmm, AFTER[requested]));
  }

  join(id: string, membership: InstanceMulticastMembership): void {
    const port = this.portOf(this.find(id));
    if (port.joined.some((one) => isSame(one, membership))) return;
    this.ensure(port, [...port.joined, membership]);
  }

  /** An entry with other sources stays; leaving what was never joined is done. */
  leave(id: string, membership: InstanceMulticastMembership): void {
    const vmm = this.vmms.get(id);
    if (vmm === undefined) throw noSuchVmm();
    const port = this.portOf(vmm);
    const left = port.joined.filter((one) => !isSame(one, membership));
    if (left.length < port.joined.length) this.ensure(port, left);
    this.opte.unprepare(port.nic.id, membership);
  }

  /** The VMM is being torn down: orders about it are answered 410 until it is unregistered. False: there is none. */
  terminate(id: string): boolean {
    const vmm = this.vmms.get(id);
    if (vmm === undefined) return false;
    vmm.terminating = true;
    advance(vmm, 'stopping');
    return true;
  }

  /** The agent restarted: it knows nothing. */
  forget(): void {
    this.vmms = new Map();
    this.gone = new Set();
    this.opte = new OpteStub();
  }

  view(): VmmView[] {
    return [...this.vmms.values()].map((vmm) => ({
      propolis_id: vmm.id,
      instance_id: vmm.instanceId,
      state: vmm.runtime.state,
      terminating: vmm.terminating,
      auto_registered: vmm.instanceId === null,
      nics: vmm.nics.map((nic) => {
        const port = this.opte.port(nic.id);
        return { ...nic, prepared: port?.prepared ?? [], joined: port?.joined ?? [] };
      }),
    }));
  }

  private find(id: string): Vmm {
    const vmm = this.vmms.get(id);
    if (vmm !== undefined) return vmm;
    if (!this.autoRegister || this.gone.has(id) || isNil(id)) throw noSuchVmm();
    const nic: Nic = { id: randomUUID(), primary: true, mac: null, ip: null, vni: null };
    this.opte.createPort(nic, []);
    const runtime: VmmRuntimeState = { state: 'running', gen: 1, time_updated: new Date().toISOString() };
    return this.add({ id, instanceId: null, runtime, terminating: false, nics: [nic] });
  }

  private add(vmm: Vmm): Vmm {
    this.vmms.set(vmm.id, vmm);
    this.gone.delete(vmm.id);
    return vmm;
  }

  private remove(vmm: Vmm): void {
    this.vmms.delete(vmm.id);
    for (const nic of vmm.nics) this.opte.removePort(nic.id);
  }

  /** The primary NIC's port; without a primary NIC the agent answers 500. */
  private portOf(vmm: Vmm): Port {
    if (vmm.terminating) throw terminating(vmm.id);
    const primary = vmm.nics.find((nic) => nic.primary);
    const port = primary === undefined ? null : this.opte.port(primary.id);
    if (port === null) throw internal();
    return port;
  }

  private ensure(port: Port, joined: InstanceMulticastMembership[]): void {
    try {
      this.opte.ensureGroups(port.nic.id, joined);
    } catch (error) {
      throw error instanceof OpteError ? internal() : error;
    }
  }
}

function advance(vmm: Vmm, state: VmmRuntimeState['state']): Vmm {
  vmm.runtime = { state, gen: vmm.runtime.gen + 1, time_updated: new Date().toISOString() };
  return vmm;
}

function stateOf(vmm: Vmm): SledVmmState {
  return { vmm_state: vmm.runtime, migration_in: null, migration_out: null };
}

/** Asked for by clients that only want to know whether the agent answers. */
function isNil(id: string): boolean {
  return /^[0-]+$/.test(id);
}
