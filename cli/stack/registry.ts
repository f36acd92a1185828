/** What the stack tells the internal API in Nexus's place: the rack, and who may use the external API. All of it idempotent. */
import { createEmitter } from '../../api/client/emitter';
import { bearer, httpClient } from './http';
import { stableId, type Rack } from './rack';

export const SILO = { id: stableId('silo'), name: 'rack' };

export async function registerRack(internalApi: string, token: string, rack: Rack): Promise<void> {
  const nexus = createEmitter({ address: internalApi, token });
  await nexus.putSilo(SILO.id, { name: SILO.name });
  for (const { id, slot, address } of rack.switches) await nexus.putSwitch(id, { slot, dpd_address: address });
  for (const { id, cubby, address, apiVersion } of rack.sleds) {
    await nexus.putSled(id, { cubby, agent_address: address, agent_api_version: apiVersion });
  }
}

/** A new stack has multicast on; later it is as the operator left it. */
export async function switchOn(internalApi: string, token: string): Promise<void> {
  await httpClient(internalApi, bearer(token)).put('/settings/multicast', { enabled: true });
}

/** A token to try things with: fleet admin and silo admin. */
export async function tokenFor(internalApi: string, token: string): Promise<string> {
  const api = httpClient(internalApi, bearer(token));
  const actor = stableId('actor');
  for (const [scope, id] of [['fleet'], ['silo', SILO.id]] as const) {
    await api.put(`/actors/${actor}/roles`, { scope, resource_id: id ?? null, role: 'admin' });
  }
  const created = await api.post<{ token: string }>('/tokens', {
    silo_id: SILO.id,
    actor_id: actor,
    description: 'the local stack',
  });
  return created.token;
}
