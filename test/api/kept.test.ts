/** Kept texts: given only for the version that was named just now, not for long, and not without bound. */
import { kept } from '../../db/kept';

function source() {
  const state = { version: '1', made: 0, known: [] as (string | null)[] };
  const read = async (known: string | null) => {
    state.known.push(known);
    if (known === state.version) return { version: known, text: null };
    state.made += 1;
    return { version: state.version, text: `text ${state.version}` };
  };
  return { state, read };
}

test('every answer is asked for; its text is made when the version is another', async () => {
  const { state, read } = source();
  const answer = kept();
  expect([await answer('k', read), await answer('k', read)]).toEqual(['text 1', 'text 1']);
  state.version = '2';
  expect([await answer('k', read), await answer('k', read)]).toEqual(['text 2', 'text 2']);
  expect(state).toMatchObject({ made: 2, known: [null, '1', '1', '2'] });
  expect(await answer('other', read)).toBe('text 2');
  expect(state.made).toBe(3);
});

test('nothing is kept for long', async () => {
  let now = 0;
  const { state, read } = source();
  const answer = kept(() => now);
  await answer('k', read);
  now = 9_999;
  await answer('k', read);
  expect(state.made).toBe(1);
  now = 10_000;
  expect(await answer('k', read)).toBe('text 1');
  expect(state).toMatchObject({ made: 2, known: [null, '1', null] });
});

test('a failure keeps what was kept, and many large texts push the oldest out', async () => {
  const { state, read } = source();
  const answer = kept();
  await answer('k', read);
  await expect(answer('k', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  await answer('k', read);
  expect(state.made).toBe(1);
  const large = async () => ({ version: '1', text: 'x'.repeat(10 * 1_048_576) });
  for (const key of ['a', 'b', 'c', 'd']) await answer(key, large);
  await answer('k', read);
  expect(state.made).toBe(2);
});
