/**
 * The endpoints of the simulated agent, per API version.
 * Invariant: a path that has no handler at the request's version does not exist there (404); either membership endpoint acts on
 * what the body says, join or leave, as the real agent does.
 */
import type { IncomingHttpHeaders } from 'node:http';
import {
  InstanceEnsureBodyV4,
  InstanceEnsureBodyV5,
  InstanceMulticastBody,
  VmmPutStateBody,
  type ApiVersion,
  type VmmUpdateResponse,
} from '../../dataplane/sled-agent/wire';
import { invalid, methodNotAllowed, noContent, notFound, ok, type Reply } from '../dropshot';
import { jsonBody } from './extract';
import type { Vmms } from './vmms';

export interface Call {
  id: string;
  version: ApiVersion;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

type Handler = (vmms: Vmms, call: Call) => Reply;

interface Route {
  template: string;
  path: RegExp;
  since: ApiVersion;
  methods: Record<string, Handler>;
}

const setMembership: Handler = (vmms, { id, headers, body }) => {
  const { join, leave } = jsonBody(InstanceMulticastBody, headers, body);
  if (join !== undefined) vmms.join(id, join);
  if (leave !== undefined) vmms.leave(id, leave);
  return noContent;
};

const ROUTES: Route[] = [
  {
    template: '/vmms/{propolis_id}',
    path: /^\/vmms\/([^/]+)$/,
    since: 4,
    methods: {
      PUT: (vmms, { id, version, headers, body }) =>
        ok(vmms.register(id, jsonBody(version === 5 ? InstanceEnsureBodyV5 : InstanceEnsureBodyV4, headers, body))),
      DELETE: (vmms, { id }) => ok({ updated_runtime: vmms.unregister(id) } satisfies VmmUpdateResponse),
    },
  },
  {
    template: '/vmms/{propolis_id}/state',
    path: /^\/vmms\/([^/]+)\/state$/,
    since: 4,
    methods: {
      GET: (vmms, { id }) => ok(vmms.state(id)),
      PUT: (vmms, { id, headers, body }) => {
        const { state } = jsonBody(VmmPutStateBody, headers, body);
        return ok({ updated_runtime: vmms.putState(id, state.type) } satisfies VmmUpdateResponse);
      },
    },
  },
  {
    template: '/vmms/{propolis_id}/multicast-group',
    path: /^\/vmms\/([^/]+)\/multicast-group$/,
    since: 5,
    methods: { PUT: setMembership, DELETE: setMembership },
  },
];

/** The path with its variables named, for counters. */
export function templateOf(_method: string, path: string): string {
  return ROUTES.find((route) => route.path.test(path))?.template ?? '(unknown path)';
}

/** Serves one request. Throws Refusal. */
export function serve(vmms: Vmms, method: string, path: string, call: Omit<Call, 'id'>): Reply {
  const route = ROUTES.find((one) => one.path.test(path) && call.version >= one.since);
  if (route === undefined) throw notFound();
  const handler = route.methods[method];
  if (handler === undefined) throw methodNotAllowed();
  return handler(vmms, { ...call, id: propolisId(route.path.exec(path)?.[1] ?? '') });
}

function propolisId(text: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) {
    throw invalid('bad parameter in URL path: invalid UUID in "propolis_id"');
  }
  return text.toLowerCase();
}
