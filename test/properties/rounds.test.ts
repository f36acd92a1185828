/** Properties of rounds: what is wanted, what is restored, and what a round writes and asks, from any rows. */
import fc from 'fast-check';
import {
  desiredConfig,
  onSwitch,
  places,
  restoreTarget,
  underlayPorts,
  wantedPorts,
  withPorts,
  type MemberFacts,
} from '../../domain/desired';
import { planRound, sameConfig, switchTasks, type RoundFacts } from '../../domain/plan-round';
import type { SwitchConfig } from '../../domain/switch-config';
import { tagOf } from '../../domain/switch-edits';
import { config, port, ports, sources, wish } from '../support/configs';

const RUNS = { numRuns: 1_000, seed: 22 };

test('what a failed round goes back to has only ports that all had acknowledged and somebody wants', () => {
  fc.assert(
    fc.property(wish, ports, (acknowledged, wanted) => {
      const target = restoreTarget(acknowledged, wanted);
      const expected = underlayPorts(acknowledged).filter((each) => wanted.includes(each));
      expect(new Set(underlayPorts(target))).toEqual(new Set(expected));
      const rest = (each: SwitchConfig | null) => each && { ...each, members: [] };
      expect(rest(target)).toEqual(rest(acknowledged));
      expect(restoreTarget(target, wanted)).toEqual(target);
    }),
    RUNS,
  );
});

/** A VMM lives on one sled. */
const vmm = fc.nat(9).map((n) => ({ sledId: `s${n % 4}`, propolisId: String(n) }));
const spot = fc.option(vmm);
const members: fc.Arbitrary<MemberFacts[]> = fc.array(fc.record({ location: spot, target: spot }), { maxLength: 8 });
const portOf = new Map([0, 1, 2].map((n) => [`s${n}`, `rear${n * 5}`]));

test('the wanted ports are the distinct ports of the members’ sleds, and sources a set, in any order of rows', () => {
  fc.assert(
    fc.property(members, sources, (list, from) => {
      const wanted = wantedPorts(list, portOf);
      const expected = list.flatMap(places).flatMap((each) => portOf.get(each.sledId) ?? []);
      expect(new Set(wanted)).toEqual(new Set(expected));
      expect(wanted).toHaveLength(new Set(wanted).size);
      expect(wantedPorts(list.toReversed(), portOf)).toEqual(wanted);
      const group = { tag: 't', ip: '224.1.1.1', underlayIp: 'ff04::1', vni: 1, vlan: null, deleting: false };
      expect(desiredConfig({ ...group, sources: [...from, ...from].toReversed() }, wanted)).toEqual(
        desiredConfig({ ...group, sources: from }, wanted),
      );
    }),
    RUNS,
  );
});

const slots = [0, 1];
const facts: fc.Arbitrary<RoundFacts> = fc
  .record({
    members,
    sources,
    deleting: fc.boolean(),
    acknowledged: wish,
    acks: fc.tuple(...slots.map(() => fc.record({ config: wish, suspect: fc.boolean(), incarnation: fc.nat(1) }))),
    inService: fc.tuple(fc.boolean(), fc.boolean()),
    refused: fc.option(port),
    known: fc.option(ports),
    flows: fc.uniqueArray(
      fc
        .tuple(vmm, fc.constantFrom('', '10.0.0.1'), fc.constantFrom('joining', 'joined', 'leaving'))
        .map(([where, from, state]) => ({ ...where, sources: from, state, registering: false })),
      { maxLength: 5, selector: (flow) => `${flow.propolisId} ${flow.sources}` },
    ),
  })
  .map(({ sources: from, deleting, acks, inService, refused, known, ...rest }) => ({
    ...rest,
    group: { tag: tagOf('g0'), ip: '224.1.1.1', underlayIp: 'ff04::1', vni: 1, vlan: null, sources: from, deleting },
    ports: portOf,
    switches: slots.map((slot) => ({
      id: `switch${slot}`,
      slot,
      inService: inService[slot]!,
      incarnation: 1,
      ports: known,
    })),
    acks: acks.map((ack, slot) => ({ ...ack, switchId: `switch${slot}` })),
    refusals: refused === null ? [] : [{ switchId: 'switch0', port: refused, incarnation: 1, reason: 'no' }],
    uplinks: ['switch1.qsfp31'],
  }));

test('a round writes to a switch exactly where it is not known to hold what it should', () => {
  fc.assert(
    fc.property(facts, (rows) => {
      const plan = planRound(rows);
      for (const facing of rows.switches) {
        const ack = rows.acks.find((each) => each.switchId === facing.id)!;
        const wanted = onSwitch(plan.desired, facing.slot, rows.uplinks);
        const holds = !ack.suspect && ack.incarnation === facing.incarnation && sameConfig(ack.config, wanted);
        const task = plan.switches.find((each) => each.switchId === facing.id);
        expect(task === undefined).toBe(holds);
        expect(task === undefined ? wanted : task.desired).toEqual(wanted);
      }
      expect(switchTasks(plan.desired, rows)).toEqual(plan.switches);
    }),
    RUNS,
  );
});

test('a port stays out only with a reason of a switch in service, and nothing is joined behind it', () => {
  fc.assert(
    fc.property(facts, (rows) => {
      const plan = planRound(rows);
      const wanted = rows.group.deleting ? [] : wantedPorts(rows.members, rows.ports);
      const out = plan.excluded.map((each) => each.port);
      expect(new Set(underlayPorts(plan.desired))).toEqual(new Set(wanted.filter((each) => !out.includes(each))));
      expect(out.length === 0 || rows.switches.some((facing) => facing.inService)).toBe(true);
      for (const flow of plan.join) expect(underlayPorts(plan.desired)).toContain(rows.ports.get(flow.sledId));
    }),
    RUNS,
  );
});

test('after its joins and leaves a round has no more of them', () => {
  fc.assert(
    fc.property(facts, (rows) => {
      const { join, leave, leaveAfterJoin } = planRound(rows);
      const key = (flow: { propolisId: string; sources: string }) => `${flow.propolisId} ${flow.sources}`;
      const gone = new Set([...leave, ...leaveAfterJoin].map(key));
      const joined = new Set(join.map(key));
      const flows = [
        ...rows.flows.filter((flow) => !gone.has(key(flow)) && !joined.has(key(flow))),
        ...join.map((flow) => ({ ...flow, state: 'joined' as const, registering: false })),
      ];
      const again = planRound({ ...rows, flows });
      expect([...again.join, ...again.leave, ...again.leaveAfterJoin]).toEqual([]);
    }),
    RUNS,
  );
});

test('the uplinks of a switch are its own', () => {
  fc.assert(
    fc.property(config, fc.uniqueArray(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 5 }), (wanted, pairs) => {
      const uplinks = pairs.map(([slot, number]) => `switch${slot}.qsfp${number}`);
      for (const slot of [0, 1, 11]) {
        const own = pairs.filter(([at]) => at === slot).map(([, number]) => `qsfp${number}`);
        const held = onSwitch(wanted, slot, uplinks)!.members.filter((member) => member.direction === 'External');
        expect(new Set(held.map((member) => member.port))).toEqual(new Set(own));
      }
      expect(underlayPorts(withPorts(wanted, ['rear3']))).toEqual(['rear3']);
    }),
    RUNS,
  );
});
