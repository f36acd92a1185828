/** `rackcast role`: what an actor may do, on the fleet, a silo or a project. */
import { Argument, type Command } from 'commander';
import { answer, type InternalApi, type Schemas } from '../api-client';
import { define, type Session } from '../command';
import { usage } from '../failure';
import { projectId, siloId } from '../select';

type Role = Schemas['Role'];

interface Where {
  fleet?: true;
  silo?: string;
  project?: string;
}

export function roleCommands(program: Command): void {
  const role = program.command('role').description('roles of actors');
  for (const [verb, description, work] of [
    ['grant', 'grant a role', grant],
    ['revoke', 'revoke a role', revoke],
  ] as const)
    define<Where>(role, `${verb} <actor>`, description, work)
      .addArgument(new Argument('<role>').choices(['admin', 'collaborator', 'viewer']))
      .option('--fleet', 'on the fleet')
      .option('--silo <name|id>', 'on a silo')
      .option('--project <name|id>', 'on a project');
}

async function grant({ api, show }: Session, where: Where, actor = '', role = ''): Promise<void> {
  const body = { ...(await scopeOf(api, where)), role: role as Role['role'] };
  await answer(api.PUT('/actors/{actor}/roles', { params: { path: { actor } }, body }));
  show({ actor_id: actor, ...body }, () => `  ${actor} is ${text(body)}`);
}

async function revoke({ api, show }: Session, where: Where, actor = '', role = ''): Promise<void> {
  const body = { ...(await scopeOf(api, where)), role: role as Role['role'] };
  await answer(api.DELETE('/actors/{actor}/roles', { params: { path: { actor } }, body }));
  show({ actor_id: actor, ...body, revoked: true }, () => `  ${actor} is no longer ${text(body)}`);
}

async function scopeOf(
  api: InternalApi,
  { fleet, silo, project }: Where,
): Promise<{ scope: Role['scope']; resource_id?: string }> {
  const places = [fleet, silo, project].filter((place) => place !== undefined);
  if (places.length !== 1) throw usage('one of --fleet, --silo and --project says where');
  if (silo !== undefined) return { scope: 'silo', resource_id: await siloId(api, silo) };
  if (project !== undefined) return { scope: 'project', resource_id: await projectId(api, project) };
  return { scope: 'fleet' };
}

const text = ({ scope, resource_id: id, role }: Role) => `${role} of ${scope}${id == null ? '' : ` ${id}`}`;
