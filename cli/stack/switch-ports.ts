/** The ports of each multicast group as a switch itself tells them: an external group's ports are those of its NAT target. */
import { z } from 'zod';
import { httpClient, listAll } from './http';
import { StackError } from './ports';

const group = z.object({
  group_ip: z.string(),
  members: z.array(z.object({ port_id: z.string() })).nullish(),
  internal_forwarding: z.object({ nat_target: z.object({ internal_ip: z.string() }).nullish() }).nullish(),
});

/** The newest API first; an older daemon names none that it does not know. */
const VERSIONS = ['13.0.0', '8.0.0', '1.0.0'];

/** By the group's external address. */
export async function switchPorts(address: string): Promise<Map<string, string[]>> {
  const groups = await list(address);
  const underlay = new Map(groups.map((each) => [each.group_ip, each.members ?? []]));
  const external = groups.filter((each) => each.internal_forwarding?.nat_target != null);
  return new Map(
    external.map((each) => {
      const members = underlay.get(each.internal_forwarding?.nat_target?.internal_ip ?? '') ?? [];
      return [each.group_ip, members.map((member) => member.port_id).sort()];
    }),
  );
}

async function list(address: string): Promise<z.output<typeof group>[]> {
  let refused: unknown;
  for (const version of VERSIONS) {
    try {
      const found = await listAll<unknown>(httpClient(address, { 'api-version': version }), '/multicast/groups');
      return z.array(group).parse(found);
    } catch (error) {
      if (!(error instanceof StackError)) throw error;
      refused = error;
    }
  }
  throw refused;
}
