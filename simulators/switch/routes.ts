/**
 * The endpoints of the daemon that are simulated, and the way from a path to one of them. Invariant: a path that exists
 * with another method answers 405 and lists the methods; one that does not exist answers 404.
 */
import { created, methodNotAllowed, noContent, notFound, ok, type Reply } from '../dropshot';
import type { Received } from '../server';
import type { Daemon } from './daemon';
import { linkId, pathParameter, portId, jsonBody } from './extract';
import { boolean } from './decode';
import { createLink } from './bodies';
import { multicastRoutes } from './multicast-routes';
import { backplaneLink, backplaneMap, isRear, linkView, macOf, portView, PORTS, tfportView } from './ports';
import { unavailable } from './reply';

export interface Call extends Pick<Received, 'body' | 'headers'> {
  daemon: Daemon;
  /** Major API version of the request. */
  version: number;
  path: Record<string, string>;
  query: URLSearchParams;
}
/** Throws `Crash` where the real daemon would die. */
export type Handler = (call: Call) => Reply;
export class Crash extends Error {}

const port = ({ path }: Call): string => pathParameter(path['port_id'] ?? '', portId);
const link = (call: Call) => call.daemon.links.get(port(call), pathParameter(call.path['link_id'] ?? '', linkId));

const ROUTES: Record<string, Handler> = {
  ...multicastRoutes,
  'GET /dpd-uptime': ({ daemon }) => ok(daemon.uptime()),
  'GET /dpd-version': () => ok('tofino_stub-00000000'),
  'GET /build-info': () => ok(BUILD_INFO),
  'GET /switch/identifiers': () => {
    throw unavailable();
  },
  'GET /ports': () => ok(PORTS),
  'GET /ports/{port_id}': (call) => ok(portView(port(call))),
  'GET /backplane-map': () => ok(backplaneMap()),
  'GET /backplane-map/{port_id}': (call) => {
    const id = port(call);
    if (!isRear(id)) throw new Crash(`${id} is not on the backplane`);
    return ok(backplaneLink(id));
  },
  'GET /links': ({ daemon, query }) => ok(daemon.links.list({ filter: query.get('filter') ?? '' }).map(linkView)),
  'GET /links/tfport_data': ({ daemon }) => ok(daemon.links.list().map(tfportView)),
  'GET /ports/{port_id}/links': (call) => ok(call.daemon.links.list({ port: port(call) }).map(linkView)),
  'POST /ports/{port_id}/links': (call) => {
    const id = port(call);
    return created(call.daemon.links.create(id, jsonBody(call, createLink)));
  },
  'GET /ports/{port_id}/links/{link_id}': (call) => ok(linkView(link(call))),
  'DELETE /ports/{port_id}/links/{link_id}': (call) => {
    const found = link(call);
    call.daemon.links.delete(found.port, found.link);
    return noContent;
  },
  'GET /ports/{port_id}/links/{link_id}/enabled': (call) => ok(link(call).enabled),
  'PUT /ports/{port_id}/links/{link_id}/enabled': (call) => {
    link(call).enabled = jsonBody(call, boolean);
    return noContent;
  },
  'GET /ports/{port_id}/links/{link_id}/linkup': (call) => ok(link(call).enabled),
  'GET /ports/{port_id}/links/{link_id}/mac': (call) => ok(macOf(link(call).port, link(call).link)),
  'DELETE /all-settings': ({ daemon }) => {
    daemon.groups.reset();
    return noContent;
  },
  // Settings of one tag leave multicast alone.
  'DELETE /all-settings/{tag}': () => noContent,
};

const BUILD_INFO = {
  version: '0.2.0',
  git_sha: '0'.repeat(40),
  git_commit_timestamp: '1970-01-01T00:00:00.000000000Z',
  git_branch: 'simulator',
  rustc_semver: '0.0.0',
  rustc_channel: 'none',
  rustc_host_triple: 'none',
  rustc_commit_sha: '0'.repeat(40),
  cargo_triple: 'none',
  debug: false,
  opt_level: 0,
  sde_commit_sha: '0'.repeat(40),
};

interface Route {
  method: string;
  template: string;
  segments: string[];
  handler: Handler;
}
const TABLE: Route[] = Object.entries(ROUTES).map(([key, handler]) => {
  const [method = '', template = ''] = key.split(' ');
  return { method, template, segments: template.split('/').slice(1), handler };
});

interface Match {
  handler: Handler;
  path: Record<string, string>;
}

/** `/multicast/groups/{group_ip}`, for counting; the path itself where there is no such endpoint. */
export function templateOf(method: string, pathname: string): string {
  const segments = segmentsOf(pathname);
  return TABLE.find((route) => route.method === method && fits(route, segments))?.template ?? pathname;
}

export function findRoute(method: string, pathname: string): Match {
  const segments = segmentsOf(pathname);
  const fitting = TABLE.filter((route) => fits(route, segments));
  const found = fitting.find((route) => route.method === method);
  if (found) return { handler: found.handler, path: parameters(found, segments) };
  if (fitting.length === 0) throw notFound();
  const allow = fitting.map((route) => route.method).join(', ');
  throw methodNotAllowed({ allow });
}

const segmentsOf = (pathname: string): string[] => pathname.split('/').filter((segment) => segment !== '');

function fits(route: Route, segments: string[]): boolean {
  if (route.segments.length !== segments.length) return false;
  return route.segments.every((part, index) => part.startsWith('{') || part === segments[index]);
}

function parameters(route: Route, segments: string[]): Record<string, string> {
  const pairs = route.segments.flatMap((part, index) =>
    part.startsWith('{') ? [[part.slice(1, -1), decoded(segments[index] ?? '')]] : [],
  );
  return Object.fromEntries(pairs) as Record<string, string>;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
