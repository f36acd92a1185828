/** The internal API: what Nexus and the operator's tools call. */
import type { InternalDeps } from './accept';
import { requireInternalToken } from './auth';
import { accessRoutes } from './routes/internal/access';
import { driftRoutes } from './routes/internal/drift';
import { eventListRoutes } from './routes/internal/event-list';
import { eventRoutes } from './routes/internal/events';
import { explainRoutes } from './routes/internal/explain';
import { groupListRoutes } from './routes/internal/group-list';
import { groupRoutes } from './routes/internal/groups';
import { healthRoutes } from './routes/internal/health';
import { instanceRoutes } from './routes/internal/instances';
import { memberRoutes } from './routes/internal/members';
import { operationRoutes } from './routes/internal/operations';
import { poolRoutes } from './routes/internal/pools';
import { projectRoutes } from './routes/internal/projects';
import { reconcileRoutes } from './routes/internal/reconcile';
import { siloRoutes } from './routes/internal/silos';
import { sledRoutes } from './routes/internal/sleds';
import { switchRoutes } from './routes/internal/switches';
import { vpcRoutes } from './routes/internal/vpcs';
import type { Server } from './server';

/** Registers every internal endpoint; called once, before the server listens. */
export async function registerInternalRoutes(server: Server, deps: InternalDeps, token: string): Promise<void> {
  healthRoutes(server, deps);
  await server.register(async (scope) => {
    const authenticated = scope as Server;
    authenticated.addHook('onRequest', requireInternalToken(token));
    eventRoutes(authenticated, deps);
    instanceRoutes(authenticated, deps);
    siloRoutes(authenticated, deps);
    projectRoutes(authenticated, deps);
    vpcRoutes(authenticated, deps);
    sledRoutes(authenticated, deps);
    switchRoutes(authenticated, deps);
    groupRoutes(authenticated, deps);
    explainRoutes(authenticated, deps);
    driftRoutes(authenticated, deps);
    eventListRoutes(authenticated, deps);
    groupListRoutes(authenticated, deps);
    memberRoutes(authenticated, deps);
    poolRoutes(authenticated, deps);
    reconcileRoutes(authenticated, deps);
    operationRoutes(authenticated, deps);
    accessRoutes(authenticated, deps);
  });
}
