/** `rackcast token`: API tokens of actors. A token is shown once, when it is made. */
import type { Command } from 'commander';
import { answer, list } from '../api-client';
import { define, given, positive, type Session } from '../command';
import { usage } from '../failure';
import { siloId } from '../select';
import { table } from '../table';
import { facts, orNone, timeText } from '../words';

interface CreateOptions {
  silo: string;
  actor?: string;
  description?: string;
  expires?: string;
}

export function tokenCommands(program: Command): void {
  const token = program.command('token').description('API tokens');
  define<CreateOptions>(token, 'create', 'make a token; it is shown this once', createToken)
    .requiredOption('--silo <name|id>', "the actor's silo")
    .option('--actor <id>', 'whom it speaks for (default: a new actor)')
    .option('--description <text>')
    .option('--expires <time>', 'such as 2030-01-31T00:00:00Z (default: never)');
  define<{ limit: number }>(token, 'list', 'list tokens', listTokens).option(
    '--limit <n>',
    'at most so many',
    positive,
    500,
  );
  define(token, 'revoke <id>', 'revoke a token', revokeToken);
}

async function createToken({ api, show }: Session, options: CreateOptions): Promise<void> {
  const { silo, actor, description, expires } = options;
  const time = expires === undefined ? undefined : new Date(expires);
  if (time !== undefined && Number.isNaN(time.getTime())) throw usage(`--expires ${expires}: expected a time`);
  const body = {
    silo_id: await siloId(api, silo),
    ...given({ actor_id: actor, description, expires: time?.toISOString() }),
  };
  const made = await answer(api.POST('/tokens', { body }));
  show(made, () =>
    facts([
      ['token', made.token],
      ['id', made.id],
      ['actor', made.actor_id],
      ['expires', made.time_expires === null ? 'never' : timeText(made.time_expires)],
    ]),
  );
}

async function listTokens({ api, showList }: Session, { limit }: { limit: number }): Promise<void> {
  const listed = await list(limit, (query) => answer(api.GET('/tokens', { params: { query } })));
  showList(listed, (tokens) =>
    table(
      ['id', 'actor', 'silo', 'description', 'created', 'expires'],
      tokens.map((each) => [
        each.id,
        each.actor_id,
        each.silo_id,
        orNone(each.description),
        timeText(each.time_created),
        each.time_expires === null ? 'never' : timeText(each.time_expires),
      ]),
    ),
  );
}

async function revokeToken({ api, show }: Session, _options: object, id = ''): Promise<void> {
  await answer(api.DELETE('/tokens/{token}', { params: { path: { token: id } } }));
  show({ id, revoked: true }, () => `  token ${id} is revoked`);
}
