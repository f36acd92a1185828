/** `rackcast explain` and `rackcast walk` against a rack that runs: the chain link by link, each broken in turn by what really breaks it. */
import { registrationOf } from '../support/lives';
import { settle } from '../support/invariants';
import { run } from '../support/command-line';
import { startRunning, type Running } from '../support/running';
import type { Vm } from '../support/vm';

let running: Running;
let ip: string;
let group: string;
let vm: Vm;
let idle: Vm;

beforeAll(async () => {
  running = await startRunning();
  ({ id: group, multicast_ip: ip } = await running.group('video', { pool: 'ssm', source_ips: ['10.0.0.1'] }));
  vm = await running.runningVm(['video'], 0);
  idle = running.vm();
  await running.outcome(await idle.create([]));
});
afterAll(() => running.close());

async function explain(...line: string[]) {
  const { url, token } = running.internal;
  const ended = await run(['--api', url, '--token', token], 'explain', '--group', ip, ...line, '--json');
  const { receives, broken, why, links } = JSON.parse(ended.out);
  return { code: ended.code, receives, broken, why, links };
}
const ofVm = (...more: string[]) => explain('--instance', vm.id, ...more);

test('whole: by id, by name, in words', async () => {
  expect(await ofVm('--source', '10.0.0.1')).toMatchObject({ code: 0, receives: 'yes', broken: null });
  const { url, token } = running.internal;
  const { out } = await run(
    ['--api', url, '--token', token],
    'explain',
    '--group',
    'video',
    '--instance',
    `vm-${vm.id}`,
  );
  expect(out).toMatch(new RegExp(`^vm-${vm.id} receives video \\(${ip}\\)\n\n +membership +ok`));
  expect(out).toMatch(/switch0 +ok +replicates to rear1\n +switch1 +ok/);
  expect(await explain()).toMatchObject({ receives: 'yes', links: [{ link: 'generation' }, {}, {}] });
});

test('nobody’s member, an unknown instance, another source', async () => {
  expect(await explain('--instance', idle.id)).toMatchObject({ code: 3, receives: 'no', broken: 'membership' });
  expect(await ofVm('--source', '10.0.0.9')).toMatchObject({ receives: 'no', broken: 'source filter' });
  const { url, token } = running.internal;
  const asked = (...line: string[]) => run(['--api', url, '--token', token], 'explain', ...line);
  expect(await asked('--group', ip, '--instance', 'nobody')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/instance/),
  });
  expect(await asked('--group', ip, '--source', 'x')).toMatchObject({ code: 1, err: expect.stringMatching(/source/) });
  expect(await asked()).toMatchObject({ code: 2 });
});

test('a port that one switch refuses', async () => {
  const late = running.vm();
  await running.outcome(await late.create(['video']));
  running.rack.switches[1]!.state.faults.add({
    match: { method: 'PUT', path: '/multicast/underlay-groups' },
    action: { kind: 'status', status: 400, message: 'no such lane' },
  });
  expect((await running.outcome(await late.start(1))).outcome).toBe('failed');
  expect(await explain('--instance', late.id)).toMatchObject({
    receives: 'no',
    broken: 'switch0',
    why: expect.stringMatching(/has no port rear2: switch1 refuses it, .*no such lane/),
  });
  running.rack.switches[1]!.state.faults.clear();
  await running.outcome(await late.delete());
});

test('a sled that knows no such VMM', async () => {
  const lost = running.vm();
  await running.outcome(await lost.create(['video']));
  running.rack.sleds[2]!.state.vmms.autoRegister = false;
  await running.outcome(await lost.start(2));
  expect(await explain('--instance', lost.id)).toMatchObject({
    receives: 'no',
    broken: 'sled',
    why: expect.stringMatching(/NO_SUCH_INSTANCE/),
  });
  running.rack.sleds[2]!.state.vmms.autoRegister = true;
  await running.outcome(await lost.delete());
});

test('an agent of version 4: as far as its port', async () => {
  running.rack.sleds[3]!.state.apiVersion = 4;
  const old = running.vm();
  await running.outcome(await old.create(['video']));
  const started = await running.outcome(await old.start(3, { vmm_registration: registrationOf(old.id) }));
  expect(started.outcome).toBe('succeeded');
  expect(await explain('--instance', old.id)).toMatchObject({
    receives: 'partly',
    broken: 'agent version',
    why: expect.stringMatching(/version 4/),
  });
});

test('an instance that stopped, and one whose membership is gone', async () => {
  const gone = await running.runningVm(['video'], 0);
  await running.outcome(await gone.stop());
  expect(await explain('--instance', gone.id)).toMatchObject({
    broken: 'instance',
    why: expect.stringMatching(/stopped/),
  });
  await running.outcome(await gone.reconfigure([]));
  expect(await explain('--instance', gone.id)).toMatchObject({ broken: 'membership' });
});

test('walk: the same packet, through what the simulators hold', async () => {
  await settle(running.rack);
  const { switches, sleds } = running.rack;
  const line = [
    '--switch',
    ...switches.map(({ address }) => address),
    '--sled',
    ...sleds.map(({ port, url }) => `${port}=${url}`),
  ];
  const packet = (source: string) =>
    JSON.stringify({ source, destination: ip, ingress: { switch: 'switch0', port: 'qsfp0' } });
  const walked = await run([], 'walk', '--packet', packet('10.0.0.1'), ...line);
  expect(walked).toMatchObject({ code: 0, err: '' });
  expect(walked.out).toContain(`VMMs that get it: ${vm.place.propolis_id}`);
  expect(walked.out).toMatch(/rear4 +no filter: its port counts/);
  const filtered = JSON.parse((await run([], 'walk', '--packet', packet('10.0.0.9'), ...line, '--json')).out);
  expect(filtered).toMatchObject({ receivers: [], paths: [{ dropped: 'multicast_src_filtered' }] });
  expect((await run([], 'walk', '--packet', '{', ...line)).code).toBe(2);
  expect((await run([], 'walk', '--packet', '{"source":"1.1.1.1"}', ...line)).code).toBe(2);
  expect((await run([], 'walk', '--packet', packet('10.0.0.1'), '--switch', 'http://127.0.0.1:9')).code).toBe(1);
  expect(group).toBeDefined();
});
