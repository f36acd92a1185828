/** scenario.yaml, read and checked: what to register, and which events to play in which order. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { StackError } from './ports';
import { stableId } from './rack';
import { projectRoot } from './root';

const groups = z.array(z.string());
const step = z.union([
  z.strictObject({ create: z.string(), groups }),
  z.strictObject({ reconfigure: z.string(), groups }),
  z.strictObject({ start: z.string(), sled: z.string() }),
  z.strictObject({ migrate: z.string(), to: z.string() }),
  z.strictObject({ stop: z.string() }),
  z.strictObject({ reboot: z.string() }),
  z.strictObject({ fail: z.string() }),
  z.strictObject({ delete: z.string() }),
]);

const schema = z.strictObject({
  project: z.string(),
  vpc: z.strictObject({ name: z.string(), vni: z.int() }),
  pools: z.array(
    z.strictObject({
      name: z.string(),
      default: z.boolean(),
      range: z.strictObject({ first: z.string(), last: z.string() }),
    }),
  ),
  groups: z.array(
    z.strictObject({
      name: z.string(),
      pool: z.string().optional(),
      multicast_ip: z.string().optional(),
      source_ips: z.array(z.string()).optional(),
      vpc: z.string().optional(),
    }),
  ),
  events: z.array(step),
});

export type Scenario = z.output<typeof schema>;
export type Step = z.output<typeof step>;

export function scenario(): Scenario {
  const path = join(projectRoot, 'cli', 'stack', 'scenario.yaml');
  const parsed = schema.safeParse(parse(readFileSync(path, 'utf8')));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new StackError(`${path}: ${issue?.path.join('.')}: ${issue?.message}`);
}

/** The same every time, so that a later start knows the instances by their names. */
export function instanceId(name: string): string {
  return stableId(`instance ${name}`);
}
