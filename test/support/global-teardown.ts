/** Stops what global-setup.ts started, and removes its files. */
import { rmSync } from 'node:fs';

export default async function teardown(): Promise<void> {
  const servers = globalThis.rackcastTestServers;
  if (servers === undefined) return;
  await Promise.all(servers.processes.map((each) => each.stop()));
  rmSync(servers.folder, { recursive: true, force: true });
}
