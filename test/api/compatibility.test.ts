/**
 * A client made from the last released document works with this one. `openapi/released/` holds that document; it is replaced
 * at a release, by a copy of the one that is released, and at no other time. A release that breaks clients on purpose says so
 * in CHANGELOG.md.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { externalDocument } from '../../api/external-document';
import { internalDocument } from '../../api/internal-document';
import { losses } from '../support/compatibility';

const released = (name: string): object =>
  JSON.parse(readFileSync(join(__dirname, '..', '..', 'openapi', 'released', `${name}.json`), 'utf8'));

test.each([
  ['external', externalDocument],
  ['internal', internalDocument],
])('the %s API has all that its last release had', async (name, document) => {
  expect(losses(released(name), JSON.parse(JSON.stringify(await document())))).toEqual([]);
});

type Edit = (document: any) => void;
const GROUPS = '/v1/multicast-groups';
const at = (document: any, method: string, path = GROUPS) => document.paths[path][method];

test.each<[string, Edit, string[]]>([
  ['an operation', (it) => delete it.paths[GROUPS].post, [`post ${GROUPS} is gone`]],
  ['a parameter', (it) => at(it, 'get').parameters.shift(), [`get ${GROUPS}: query limit is gone`]],
  ['a field of an answer', (it) => delete it.components.schemas.Error.properties.message, ['message is gone']],
  ['an answer', (it) => delete at(it, 'post').responses['201'], [`post ${GROUPS}: 201 is gone`]],
  ['an operation id', (it) => (at(it, 'get').operationId = 'x'), [`get ${GROUPS} is no longer multicast_group_list`]],
  ['a value taken', (it) => it.components.schemas.IpPoolType.enum.pop(), ['multicast is refused']],
  ['certainty of a field', (it) => it.components.schemas.MulticastGroup.required.pop(), ['may now be absent']],
  [
    'certainty that a field is not null',
    (it) => (it.components.schemas.MulticastGroup.properties.vni.nullable = true),
    ['vni: null is another matter'],
  ],
  [
    'the right to leave a field out',
    (it) => it.components.schemas.MulticastGroupCreate.required.push('pool'),
    ['pool has become required'],
  ],
  [
    'the right to leave a parameter out',
    (it) => (at(it, 'get').parameters[0].required = true),
    ['query limit has become required'],
  ],
  ['the type of a field', (it) => (it.components.schemas.Name.type = 'integer'), ['type was string and is integer']],
])('losing %s is noticed', (_what, edit, found) => {
  const changed = released('external');
  edit(changed);
  const told = losses(released('external'), changed).join('\n');
  for (const text of found) expect(told).toContain(text);
});

test.each<[string, Edit]>([
  ['an operation', (it) => (it.paths['/v1/new'] = { get: { operationId: 'new', responses: {} } })],
  ['an optional parameter', (it) => at(it, 'get').parameters.push({ in: 'query', name: 'x', schema: {} })],
  ['a field of an answer', (it) => (it.components.schemas.MulticastGroup.properties.x = { type: 'string' })],
  ['an optional field of a request', (it) => (it.components.schemas.MulticastGroupCreate.properties.x = {})],
])('gaining %s is no loss', (_what, edit) => {
  const changed = released('external');
  edit(changed);
  expect(losses(released('external'), changed)).toEqual([]);
});
