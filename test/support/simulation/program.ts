/** Random programs: what is done to a rack, when, and with which luck. They shrink, and print as one reads them. */
import fc from 'fast-check';
import type { SwitchFault } from './model-switch';

export type Action =
  | { do: 'create' | 'reconfigure'; vm: number; groups: number[] }
  | { do: 'start' | 'migrate'; vm: number; sled: number; registers: boolean }
  | { do: 'stop' | 'delete' | 'reboot' | 'fail' | 'repeat' | 'outdated'; vm: number }
  | { do: 'join' | 'leave'; vm: number; group: number }
  | { do: 'delete group' | 'create group'; group: number }
  | { do: 'sources'; group: number; sources: number }
  | { do: 'switch errors'; switch: number; errors: SwitchFault[] }
  | { do: 'switch silent'; switch: number; seconds: number }
  | { do: 'switch restarts' | 'drift'; switch: number; which: number }
  | { do: 'port refused'; switch: number; sled: number }
  | { do: 'sled errors'; sled: number; errors: ('before' | 'after' | 'refused')[] }
  | { do: 'sled silent'; sled: number; seconds: number }
  | { do: 'sled moves'; sled: number; port: number }
  | { do: 'crash'; zombies: boolean }
  | { do: 'results lost'; count: number }
  | { do: 'Temporal down'; seconds: number }
  | { do: 'database errors'; errors: ('before' | 'after')[] }
  | { do: 'database slow'; seconds: number }
  | { do: 'reconcile' | 'health' };

export interface Program {
  vms: number;
  groups: number;
  sleds: number;
  /** Of the schedule. */
  luck: number;
  steps: { after: number; action: Action }[];
}

const vm = fc.nat(3);
const sled = fc.nat(3);
const group = fc.nat(2);
const facing = fc.nat(1);
const groups = fc.uniqueArray(group, { maxLength: 3 });
const seconds = fc.integer({ min: 1, max: 60 });
const does = <Name extends string>(...names: Name[]) => fc.constantFrom(...names);
const errors = <Error extends string>(...kinds: Error[]) =>
  fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 8 });

const events: fc.Arbitrary<Action> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: does('create', 'reconfigure'), vm, groups }) },
  { weight: 6, arbitrary: fc.record({ do: does('start', 'start', 'migrate'), vm, sled, registers: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: does('stop', 'stop', 'delete', 'reboot', 'fail'), vm }) },
  { weight: 1, arbitrary: fc.record({ do: does('repeat', 'outdated'), vm }) },
);

const users: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: does('join', 'leave'), vm, group }) },
  { weight: 1, arbitrary: fc.record({ do: does('delete group', 'create group'), group }) },
  { weight: 1, arbitrary: fc.record({ do: does('sources'), group, sources: fc.integer({ min: 1, max: 3 }) }) },
);

const troubles: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    do: does('switch errors'),
    switch: facing,
    errors: errors<SwitchFault>('before', 'after', 'torn', 'torn lost', 'lost', 'late'),
  }),
  fc.record({ do: does('switch silent'), switch: facing, seconds }),
  fc.record({ do: does('switch restarts', 'drift'), switch: facing, which: fc.nat(5) }),
  fc.record({ do: does('port refused'), switch: facing, sled }),
  fc.record({ do: does('sled errors'), sled, errors: errors('before', 'after', 'refused') }),
  fc.record({ do: does('sled silent'), sled, seconds }),
  fc.record({ do: does('sled moves'), sled, port: fc.integer({ min: 8, max: 11 }) }),
  fc.record({ do: does('crash'), zombies: fc.boolean() }),
  fc.record({ do: does('results lost'), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ do: does('Temporal down'), seconds }),
  fc.record({ do: does('database errors'), errors: errors('before', 'after') }),
  fc.record({ do: does('database slow'), seconds }),
  fc.record({ do: does('reconcile', 'health') }),
);

/** Mostly at once, so that things meet. */
const pause = fc.oneof(
  { weight: 5, arbitrary: fc.nat(50) },
  { weight: 3, arbitrary: fc.nat(2_000) },
  { weight: 1, arbitrary: fc.nat(20_000) },
);

const action = fc.oneof(
  { weight: 5, arbitrary: events },
  { weight: 2, arbitrary: users },
  { weight: 3, arbitrary: troubles },
);

/** Every instance begins created, so that few steps are refused. */
export const program: fc.Arbitrary<Program> = fc.record({
  vms: fc.integer({ min: 1, max: 4 }),
  groups: fc.integer({ min: 1, max: 3 }),
  sleds: fc.integer({ min: 1, max: 4 }),
  luck: fc.noShrink(fc.nat(0x7fffffff)),
  steps: fc.array(fc.record({ after: pause, action }), { minLength: 1, maxLength: 12 }),
});

export function print({ vms, groups: count, sleds, luck, steps }: Program): string {
  let at = 0;
  const lines = steps.map(({ after, action: { do: what, ...about } }) => {
    at += after;
    const words = Object.entries(about).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
    return `${String(at).padStart(7)} ms  ${[what, ...words].join(' ')}`;
  });
  return [`${vms} instances, ${count} groups, ${sleds} sleds, 2 switches, luck ${luck}`, ...lines].join('\n');
}
