/** The external API: what silo users and operators call. Every endpoint needs a token. */
import { requireActor } from './auth';
import type { ApiDeps } from './deps';
import { limitRate } from './rate-limit';
import { createReading } from './reading';
import type { Rate } from './token-bucket';
import { registerGroupByIp } from './routes/external/group-by-ip';
import { registerGroupMembers } from './routes/external/group-members';
import { registerGroups } from './routes/external/groups';
import { registerInstanceGroups } from './routes/external/instance-groups';
import { registerPoolRanges } from './routes/external/pool-ranges';
import { registerPoolSilos } from './routes/external/pool-silos';
import { registerPools } from './routes/external/pools';
import { registerSiloPools } from './routes/external/silo-pools';
import type { Server } from './server';

/** Registers every external endpoint; called once, before the server listens. */
export async function registerExternalRoutes(server: Server, given: ApiDeps, rate?: Rate): Promise<void> {
  const deps = { ...given, reading: createReading(given.db) };
  await server.register(async (scope) => {
    scope.addHook('onRequest', requireActor(deps.reading.token));
    scope.addHook('onRequest', limitRate(rate));
    registerGroups(scope, deps);
    registerGroupMembers(scope, deps);
    registerInstanceGroups(scope, deps);
    registerGroupByIp(scope, deps);
    registerPools(scope, deps);
    registerPoolRanges(scope, deps);
    registerPoolSilos(scope, deps);
    registerSiloPools(scope, deps);
  });
}
