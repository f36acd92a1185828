/**
 * The sled agent's API as our schemas describe it: what is checked in is what they say, it means what the agent's own document of
 * version 5 means (the facts of that document, line by line), and version 4 differs from it in exactly what version 5 brought.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sledAgentDocument, writtenDocument } from '../../dataplane/sled-agent/document';
import { flatDocument } from './flat-document';

const meaning = (version: 4 | 5) => flatDocument(JSON.parse(writtenDocument(version)));
const schemasOf = (version: 4 | 5) =>
  (sledAgentDocument(version) as { components: { schemas: Record<string, unknown> } }).components.schemas;

test.each([4, 5] as const)('the document of version %d that is checked in is what the schemas say', (version) => {
  const checkedIn = readFileSync(join(__dirname, '../../openapi/sled-agent', `${version}.json`), 'utf8');
  // Stale? Run `npm run generate`.
  expect(checkedIn).toBe(writtenDocument(version));
});

test('it means what the agent’s own document means, for every endpoint that is spoken', () => {
  const facts = readFileSync(join(__dirname, 'fixtures/sled-agent-5.txt'), 'utf8').trimEnd().split('\n');
  expect(meaning(5)).toEqual(facts);
  expect(facts.length).toBeGreaterThan(300);
});

describe('version 5 differs from version 4', () => {
  const [four, five] = [new Set(meaning(4)), new Set(meaning(5))];
  const added = [...five].filter((line) => !four.has(line));

  test('by two operations and one required field, and nothing is gone', () => {
    expect([...four].filter((line) => !five.has(line))).toEqual([]);
    expect(added.filter((line) => /^[A-Z]+ /.test(line))).toEqual([
      'DELETE /vmms/{propolis_id}/multicast-group vmm_leave_multicast_group 204 4XX 5XX',
      'PUT /vmms/{propolis_id}/multicast-group vmm_join_multicast_group 204 4XX 5XX',
    ]);
    expect(added.filter((line) => line.startsWith('vmm_register'))).toEqual([
      'vmm_register <.local_config.multicast_groups[] object',
      'vmm_register <.local_config.multicast_groups[].group_ip string ip',
      'vmm_register <.local_config.multicast_groups[].sources[] string ip',
    ]);
    const bodies = ['join', 'leave'].flatMap((method) =>
      ['join', 'leave'].flatMap((variant) => [
        `vmm_${method}_multicast_group <<${variant}> object exact`,
        `vmm_${method}_multicast_group <<${variant}>.${variant} object`,
        `vmm_${method}_multicast_group <<${variant}>.${variant}.group_ip string ip`,
        `vmm_${method}_multicast_group <<${variant}>.${variant}.sources[] string ip`,
      ]),
    );
    expect(added.filter((line) => /^vmm_(join|leave)_/.test(line))).toEqual(bodies);
    expect(added).toHaveLength(2 + 3 + bodies.length);
  });

  test('by two schemas more, and by one of those that both have', () => {
    const [old, now] = [schemasOf(4), schemasOf(5)];
    expect(Object.keys(now).filter((name) => !(name in old))).toEqual([
      'InstanceMulticastBody',
      'InstanceMulticastMembership',
    ]);
    expect(Object.keys(old).filter((name) => !(name in now))).toEqual([]);
    const changed = Object.keys(old).filter((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]));
    expect(changed).toEqual(['InstanceSledLocalConfig']);
  });
});
