/** What a switch daemon says that it holds: read through its API, so simulated and real ones alike. */
import { createDpdClient } from '../../dataplane/dpd/client';
import type { SwitchObject } from '../../domain/switch-config';

/** Everything a switch holds, by address. */
export async function holdings(address: string): Promise<Map<string, SwitchObject>> {
  const client = createDpdClient({ address, timeoutMs: 5_000, connections: 2 });
  const objects = new Map<string, SwitchObject>();
  try {
    for await (const page of client.listGroups()) for (const object of page) objects.set(object.ip, object);
  } finally {
    await client.close();
  }
  return objects;
}
