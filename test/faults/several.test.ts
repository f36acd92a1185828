/** Three events in one run, of which one fails, with a fault at each activity of it: the others succeed, each has its own outcome and its undo. */
import { MODES, whileReconciling } from '../support/fault-matrix';
import { Injector, type ActivityName, type Fault } from '../support/injector';
import { faultsOf, settle } from '../support/invariants';
import { startRack, type TestRack } from '../support/rack';
import { idsOf, SCENES, type Scene, type Trio } from '../support/several';
import { Tally } from '../support/tally';

const HOWS: Pick<Fault, 'how' | 'times'>[] = [
  { how: 'before' },
  { how: 'after' },
  { how: 'twice', times: Infinity },
  { how: 'cancelled' },
];

describe.each(MODES)('%s', (mode) => {
  const injector = new Injector();
  const tally = new Tally(SCENES.map((scene) => scene.name));
  let rack: TestRack;
  beforeAll(async () => {
    rack = await startRack({ wrap: injector.wrap, visibleSteps: mode === 'visible steps' });
    injector.cancel = (workflowId) => rack.temporal.client.workflow.getHandle(workflowId).cancel();
    await rack.bringUp();
  });
  afterAll(async () => {
    tally.print(`three events in a run, ${mode}`);
    await rack.close();
  });

  /** Each trio at once, each with a fault of its own. */
  async function play(scene: Scene, faults: Omit<Fault, 'about'>[]) {
    const trios = await Promise.all(faults.map(() => scene.prepare(rack)));
    await settle(rack);
    const posted = await Promise.all(trios.map((trio) => scene.post(trio)));
    const armed = faults.map((fault, at) => injector.add({ ...fault, about: idsOf(trios[at]!) }));
    await Promise.all(posted.map((events) => rack.startTogether(scene.kind, events)));
    const states = await whileReconciling(
      rack,
      posted.map((events) => rack.settled(events, 150_000)),
    );
    return { trios, states, armed };
  }

  /** What is not as the scene says. */
  async function unlike(scene: Scene, { ip, group, vms }: Trio, states: string[]): Promise<string[]> {
    const members = await rack.members(group);
    const found = {
      states,
      ports: rack.both(ip),
      members: vms.map((vm) => members.find((member) => member.instance_id === vm.id)?.state ?? null),
    };
    const wanted = {
      states: ['succeeded', 'failed', 'succeeded'],
      ports: [scene.ports, scene.ports],
      members: scene.members,
    };
    return JSON.stringify(found) === JSON.stringify(wanted) ? [] : [JSON.stringify(found)];
  }

  /** Activities that its run, and the rounds for it, call. */
  async function stepsOf(scene: Scene): Promise<ActivityName[]> {
    const trio = await scene.prepare(rack);
    await settle(rack);
    const events = await scene.post(trio);
    injector.forget();
    await rack.startTogether(scene.kind, events);
    const states = await rack.settled(events, 60_000);
    await settle(rack);
    expect(await unlike(scene, trio, states)).toEqual([]);
    return [...new Set(idsOf(trio).flatMap((id) => [...injector.called(id)]))].toSorted();
  }

  test.each(SCENES)(
    '$kind, and $name',
    async (scene) => {
      injector.clear();
      const steps = await stepsOf(scene);
      const faults = steps.flatMap((activity) => HOWS.map((how) => ({ activity, ...how })));
      const { trios, states, armed } = await play(scene, faults);
      const wrong = await faultsOf(rack);
      for (const [at, { activity, how, injected }] of armed.entries()) {
        tally.add(`${how} ${activity}`, scene.name, injected);
        // What a cancelled run's events become is theirs; nothing half-made stays.
        const found = how === 'cancelled' ? [] : await unlike(scene, trios[at]!, states[at]!);
        wrong.push(...found.map((what) => `${how} ${activity}: ${what}`));
        if (injected === 0 && scene.perhaps?.includes(activity) !== true) wrong.push(`never hit: ${how} ${activity}`);
      }
      expect(wrong).toEqual([]);
    },
    300_000,
  );
});
