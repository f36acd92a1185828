/**
 * What the switch client makes of failing daemons: every error code, deadlines, cut connections.
 */
import { createServer, type AddressInfo } from 'node:net';
import {
  underlayIp,
  external,
  makeUnderlay,
  makeExternal,
  deleteUnderlay,
  cleanups,
  start,
  connect,
  coded,
  collect,
} from './dpd-harness';

describe('errors', () => {
  test('Conflict, Missing and Refused name the request and say what the daemon said', async () => {
    const client = connect((await start()).address);
    await client.apply(makeUnderlay());
    await expect(client.apply(makeUnderlay())).rejects.toMatchObject(
      coded(
        'Conflict',
        /^POST \/multicast\/underlay-groups on http.*: 409 multicast group for IP ff04::e002:1 already exists$/,
      ),
    );
    await expect(client.apply({ op: 'replaceExternal', external: external() })).rejects.toMatchObject(
      coded('Missing', /PUT .*\?tag=rackcast%3A1 on .*: 404 Multicast group for IP 224.2.0.1 not found/),
    );
    await expect(client.apply({ op: 'deleteUnderlay', ip: underlayIp, tag: 'other' })).rejects.toMatchObject(
      coded('Refused', /400 tag mismatch/),
    );
    await client.apply(makeExternal());
    await expect(client.apply(deleteUnderlay)).rejects.toMatchObject(
      coded('Refused', /still referenced by external group 224\.2\.0\.1/),
    );
  });

  test('a 5xx is ServerError; a 409 without a text too, since it cures itself', async () => {
    const { address, state } = await start();
    const client = connect(address);
    state.faults.add({
      match: { method: 'POST' },
      action: { kind: 'status', status: 507, message: 'Not enough space' },
      times: 1,
    });
    state.faults.add({
      match: { method: 'POST' },
      action: { kind: 'status', status: 409, message: 'Conflict' },
      times: 1,
    });
    await expect(client.apply(makeUnderlay())).rejects.toMatchObject(coded('ServerError', /507 Not enough space/));
    await expect(client.apply(makeUnderlay())).rejects.toMatchObject(coded('ServerError', /409 Conflict/));
    await client.apply(makeUnderlay());
    expect(state.faults.list().map((fault) => fault.injected)).toEqual([1, 1]);
  });

  test('an answer that is not understood is ServerError', async () => {
    const { address, state } = await start();
    state.faults.add({ match: { path: '/ports' }, action: { kind: 'status', status: 200, message: 'hello' } });
    await expect(connect(address).ports()).rejects.toMatchObject(
      coded('ServerError', /GET \/ports on .* not understood/),
    );
  });

  test('a daemon without multicast says so in its status, and its groups are Unsupported', async () => {
    const client = connect((await start({ multicast: false })).address);
    expect(await client.status()).toMatchObject({ apiVersion: 8, multicast: false });
    await expect(client.apply(makeUnderlay())).rejects.toMatchObject(
      coded('Unsupported', /501 multicast feature disabled/),
    );
    await expect(collect(client.listGroups())).rejects.toMatchObject(coded('Unsupported', /501/));
  });
});

describe('unreachable', () => {
  test('when nothing listens', async () => {
    const simulator = await start();
    await simulator.close();
    cleanups.length = 0;
    await expect(connect(simulator.address).status()).rejects.toMatchObject(
      coded('Unreachable', /GET \/dpd-uptime on .*ECONNREFUSED/),
    );
  });

  test('when the name is not known', async () => {
    await expect(connect('http://switch.invalid:12224').ports()).rejects.toMatchObject(
      coded('Unreachable', /GET \/dpd-uptime on http:\/\/switch\.invalid/),
    );
  });

  test('when the daemon does not answer in time, and it works again afterwards', async () => {
    const { address, state } = await start();
    const client = connect(address, { timeoutMs: 80 });
    await client.status();
    state.pause();
    await expect(client.apply(makeUnderlay())).rejects.toMatchObject(coded('Unreachable', /no answer within 80 ms/));
    state.resume();
    // Its write had arrived and took effect late: an edit that timed out is of unknown effect.
    await expect(client.apply(makeUnderlay())).rejects.toMatchObject(coded('Conflict', /already exists/));
  });

  test('when something accepts the connection and never speaks', async () => {
    const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await new Promise((listening) => silent.once('listening', listening));
    cleanups.push(() => new Promise((closed) => silent.close(closed)));
    const client = connect(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`, { timeoutMs: 80 });
    await expect(client.ports()).rejects.toMatchObject(coded('Unreachable', /no answer within 80 ms/));
  });

  test.each(['before', 'after'] as const)('when the connection is cut %s the effect', async (when) => {
    const { address, state } = await start();
    const client = connect(address);
    state.faults.add({ match: { method: 'POST' }, action: { kind: 'drop', when }, times: 1 });
    await expect(client.apply(makeUnderlay())).rejects.toMatchObject(coded('Unreachable', /POST/));
    expect(state.dump().groups).toHaveLength(when === 'after' ? 1 : 0);
    expect(state.faults.list()[0]?.injected).toBe(1);
  });
});
