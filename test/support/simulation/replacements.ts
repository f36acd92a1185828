/** Modules that a simulation replaces: what they would ask of Temporal and Postgres, this folder answers. */
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../../..');

const rows: Record<string, string> = {
  'agent-versions': 'reconciliation',
  'apply-events': 'apply-events',
  'begin-round': 'begin-round',
  'claim-events': 'claim-events',
  'commit-round': 'commit-round',
  'compare-switch': 'compare-switch',
  deliveries: 'deliveries',
  drift: 'reconciliation',
  'end-events': 'end-events',
  flows: 'flows',
  'group-updates': 'group-updates',
  'instance-moves': 'instance-moves',
  'orphan-flows': 'flows',
  outstanding: 'reconciliation',
  receipts: 'switch-service',
  redelivery: 'reconciliation',
  registrations: 'registrations',
  'repair-members': 'reconciliation',
  'runtime-config': 'reconciliation',
  'switch-service': 'switch-service',
  waiters: 'waiters',
};

/** Module → its replacement; files by their absolute path, packages by name. */
export const REPLACEMENTS: readonly [string, string][] = [
  ['@temporalio/workflow', join(__dirname, 'workflow-module.ts')],
  ['@temporalio/activity', join(__dirname, 'activity-module.ts')],
  ['@temporalio/client', join(__dirname, 'client-module.ts')],
  ...Object.entries(rows).map(([module, by]): [string, string] => [
    join(root, 'db', `${module}.ts`),
    join(__dirname, 'db', `${by}.ts`),
  ]),
];
