/** Reading together: nobody is given what was read before they asked. */
import { randomUUID } from 'node:crypto';
import { createToken, grantRole, revokeToken } from '../../db/access';
import { shared, together } from '../../db/together';
import { caller } from '../support/http';
import { makePool, makeRack, startExternalApi } from '../support/external-api';

/** A statement that is sent when it is asked, and answered when the test says so. */
function statements() {
  const sent: { keys: string[]; answer: () => void; fail: (error: Error) => void }[] = [];
  const ask = (keys: string[]) =>
    new Promise<Map<string, string>>((resolve, reject) => {
      const known = keys.filter((key) => !key.startsWith('no'));
      sent.push({ keys, answer: () => resolve(new Map(known.map((key) => [key, `${key}!`]))), fail: reject });
    });
  return { sent, ask };
}
const tick = () => new Promise((resolve) => setImmediate(resolve));

test('who asks while a statement is under way shares the next one, not that one', async () => {
  const { sent, ask } = statements();
  const find = together(ask);
  const first = [find('a'), find('b'), find('a')];
  await tick();
  expect(sent.map(({ keys }) => keys)).toEqual([['a', 'b']]);
  const second = [find('a'), find('nobody')];
  await tick();
  expect(sent).toHaveLength(1);
  sent[0]!.answer();
  expect(await Promise.all(first)).toEqual(['a!', 'b!', 'a!']);
  expect(sent[1]?.keys).toEqual(['a', 'nobody']);
  sent[1]!.answer();
  expect(await Promise.all(second)).toEqual(['a!', null]);
});

test('a statement that fails fails those who shared it, and nobody after them', async () => {
  const { sent, ask } = statements();
  const find = together(ask);
  const failing = Promise.allSettled([find('a'), find('b')]);
  await tick();
  const later = find('a');
  sent[0]!.fail(new Error('away'));
  expect((await failing).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  sent[1]!.answer();
  expect(await later).toBe('a!');
});

test('one page is read once for all who wait for it, and anew for each who comes later', async () => {
  const { sent, ask } = statements();
  const share = shared();
  const read = (key: string) => share(key, async () => (await ask([key])).get(key));
  const first = read('p');
  const second = [read('p'), read('p'), read('q')];
  await tick();
  expect(sent.map(({ keys }) => keys)).toEqual([['p'], ['q']]);
  sent[0]!.answer();
  expect(await first).toBe('p!');
  await tick();
  expect(sent).toHaveLength(3);
  sent[1]!.answer();
  sent[2]!.answer();
  expect(await Promise.all(second)).toEqual(['p!', 'p!', 'q!']);
  const again = read('p');
  await tick();
  sent[3]!.fail(new Error('away'));
  await expect(again).rejects.toThrow('away');
});

test('under load: a token is refused from its revocation on, and a group is listed from its creation on', async () => {
  const api = await startExternalApi({ rate: { burst: 1e6, perSecond: 1e6 } });
  const rack = await makeRack(api.db);
  const user = await api.as(rack.silo.id, [{ scope: 'silo', resourceId: rack.silo.id, role: 'collaborator' }]);
  const operator = await api.as(rack.silo.id, [{ scope: 'fleet', resourceId: null, role: 'admin' }]);
  await makePool(operator, 'silo1', 'pool', { first: '224.1.0.1', last: '224.1.0.250' });
  const list = '/v1/multicast-groups?project=project1';
  let loading = true;
  const load = Promise.all(
    Array.from({ length: 8 }, async () => {
      while (loading) await user('GET', list);
    }),
  );
  for (let round = 0; round < 10; round++) {
    const actorId = randomUUID();
    const { token, row } = await createToken(api.db, { siloId: rack.silo.id, actorId, description: '' });
    await grantRole(api.db, actorId, { scope: 'project', resourceId: rack.project.id, role: 'viewer' });
    const guest = caller(api.base, { token });
    const name = `made-${round}`;
    const { body } = await user('POST', list, { body: { name, description: '' } });
    const seen = await guest('GET', list);
    expect(seen.body.items.map((group: { name: string }) => group.name)).toContain(name);
    expect((await guest('GET', `/v1/multicast-groups/${body.id}`)).status).toBe(200);
    await revokeToken(api.db, row.id);
    const after = await Promise.all([guest('GET', list), guest('GET', `/v1/multicast-groups/${body.id}`)]);
    expect(after.map(({ status }) => status)).toEqual([401, 401]);
  }
  loading = false;
  await load;
  await api.close();
});
