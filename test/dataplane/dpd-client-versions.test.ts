/**
 * How the switch client finds the API version, and finds it again after an upgrade or a downgrade.
 */
import { createDpdClient } from '../../dataplane/dpd/client';
import type { SwitchSimulator } from '../../simulators/switch/server';
import { rear, makeUnderlay, replaceMembers, cleanups, start, connect, coded } from './dpd-harness';

describe('versions', () => {
  /** A daemon of the level at the address of an earlier one, as after an upgrade in place. */
  async function replaceBy(old: SwitchSimulator, apiLevel: 13 | 1): Promise<SwitchSimulator> {
    await old.close();
    cleanups.splice(0, 1);
    return await start({ apiLevel, port: Number(new URL(old.address).port) });
  }

  test('after an upgrade the status tells the new version; requests work before and after', async () => {
    const old = await start({ apiLevel: 1 });
    const { address } = old;
    const first = createDpdClient({ address, timeoutMs: 5_000, connections: 1 });
    expect((await first.status()).apiVersion).toBe(1);
    await replaceBy(old, 13);
    cleanups.push(() => first.close());
    await first.apply(makeUnderlay()).catch(() => first.apply(makeUnderlay()));
    expect((await first.status()).apiVersion).toBe(8);
    await first.apply(replaceMembers(...rear(1)));
  });

  test('after a downgrade the next request itself goes through', async () => {
    const old = await start();
    const { address } = old;
    const client = createDpdClient({ address, timeoutMs: 5_000, connections: 1 });
    await client.status();
    const { state } = await replaceBy(old, 1);
    cleanups.push(() => client.close());
    // The first request may still meet the connection that the old daemon cut.
    await client.ports().catch(() => client.ports());
    await client.apply(makeUnderlay());
    await client.apply(replaceMembers(...rear(1)));
    expect(state.dump().replication[0]?.underlay).toEqual(['rear1/0']);
  });

  test('a daemon that knows neither version is Unsupported', async () => {
    const { address, state } = await start();
    const message = 'server does not support this API version: 8.0.0';
    state.faults.add({ action: { kind: 'status', status: 400, message } });
    await expect(connect(address).status()).rejects.toMatchObject(
      coded('Unsupported', /speaks neither API 8 nor API 1/),
    );
  });

  test('is agreed on once, not for every request', async () => {
    const { address, state } = await start({ apiLevel: 1 });
    const client = connect(address);
    await client.ports();
    await client.ports();
    expect(state.requests.recent().map(({ path, status }) => [path, status])).toEqual([
      ['/dpd-uptime', 400],
      ['/dpd-uptime', 200],
      ['/ports', 200],
      ['/ports', 200],
    ]);
  });
});
