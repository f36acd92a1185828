/**
 * The twelve multicast endpoints, for API 8 and later and for the older shape. Invariant: everything is extracted
 * before `groupsOf` is called, so that an ill-formed request is refused as such even by a daemon without multicast.
 */
import { created, invalid, noContent, ok, Refusal } from '../dropshot';
import type { Ip } from './addresses';
import {
  adminLocal,
  createExternal,
  createUnderlay,
  strictUnderlay,
  underlayAddress,
  updateExternal,
  updateUnderlay,
  type AddressRule,
} from './bodies';
import * as external from './external';
import { ip, jsonBody, pathParameter, tagParameter } from './extract';
import type { Groups } from './groups';
import { pageOf, pageRequest } from './pagination';
import { missing } from './reply';
import type { Call, Handler } from './routes';
import * as underlay from './underlay';
import { externalView, groupView, underlayView } from './view';

/** The version that brought the tag parameter and the strict underlay subnet. */
const STRICT = 8;

function groupsOf({ daemon }: Call): Groups {
  if (!daemon.multicast) throw new Refusal(501, 'multicast feature disabled');
  return daemon.groups;
}

const groupIp = ({ path }: Call): Ip => pathParameter(path['group_ip'] ?? '', ip);
const tagOf = (call: Call): string | null => (call.version >= STRICT ? tagParameter(call.query) : null);

/** A daemon of level 13 first takes the wider scope that older callers know, and refuses the rest in the handler. */
function extractionRule({ daemon, version }: Call): AddressRule {
  return daemon.rules.newest >= STRICT && version < STRICT ? adminLocal : daemon.rules.underlayAddress;
}

function refuseLenient({ daemon }: Call, address: Ip, prefix: string): void {
  const reason = daemon.rules.newest >= STRICT ? strictUnderlay(address) : null;
  if (reason !== null) throw invalid(`${prefix}${reason}`);
}

const underlayIp = (call: Call): Ip =>
  pathParameter(call.path['group_ip'] ?? '', underlayAddress(extractionRule(call)));
const viewFor = (call: Call) => groupView(call.daemon.rules, call.version);

export const multicastRoutes: Record<string, Handler> = {
  'POST /multicast/external-groups': (call) => {
    const body = jsonBody(call, createExternal(call.version));
    return created(externalView(external.createExternal(groupsOf(call), body), call.version));
  },
  'PUT /multicast/external-groups/{group_ip}': (call) => {
    const address = groupIp(call);
    const tag = tagOf(call);
    const body = jsonBody(call, updateExternal(call.version, address));
    const record = external.replaceExternal(groupsOf(call), { ...body, tag: tag ?? body.tag });
    const view = externalView(record, call.version);
    return call.version >= STRICT ? ok(view) : created(view);
  },
  'POST /multicast/underlay-groups': (call) => {
    const body = jsonBody(call, createUnderlay(extractionRule(call)));
    const groups = groupsOf(call);
    refuseLenient(call, body.ip, '');
    return created(underlayView(underlay.createUnderlay(groups, body)));
  },
  'GET /multicast/underlay-groups/{group_ip}': (call) => {
    const address = underlayIp(call);
    const groups = groupsOf(call);
    refuseLenient(call, address, 'invalid group_ip: ');
    const record = groups.get(address);
    if (!record) throw missing(`internal multicast group for IP ${address.text} not found`);
    return ok(underlayView(record));
  },
  'PUT /multicast/underlay-groups/{group_ip}': (call) => {
    const address = underlayIp(call);
    const tag = tagOf(call);
    const body = jsonBody(call, updateUnderlay(call.version));
    const groups = groupsOf(call);
    refuseLenient(call, address, 'invalid group_ip: ');
    return ok(underlayView(underlay.replaceMembers(groups, address, tag ?? body.tag, body.members)));
  },
  'GET /multicast/groups': (call) => {
    const page = pageRequest(call.query);
    return ok(pageOf(groupsOf(call), page, viewFor(call)));
  },
  'DELETE /multicast/groups': (call) => {
    groupsOf(call).reset();
    return noContent;
  },
  'GET /multicast/groups/{group_ip}': (call) => {
    const address = groupIp(call);
    const record = groupsOf(call).get(address);
    if (!record) throw missing(`multicast group for IP ${address.text} not found`);
    return ok(viewFor(call)(record));
  },
  'DELETE /multicast/groups/{group_ip}': (call) => {
    const address = groupIp(call);
    const tag = tagOf(call);
    groupsOf(call).delete(address, tag);
    return noContent;
  },
  'GET /multicast/tags/{tag}': (call) => {
    const page = pageRequest(call.query);
    return ok(pageOf(groupsOf(call), page, viewFor(call), call.path['tag'] ?? ''));
  },
  'DELETE /multicast/tags/{tag}': (call) => {
    groupsOf(call).resetTag(call.path['tag'] ?? '');
    return noContent;
  },
  'DELETE /multicast/untagged': (call) => {
    if (call.version >= STRICT) throw new Refusal(410, RESET_UNTAGGED_IS_GONE);
    const groups = groupsOf(call);
    // On level 13 every group has a tag, so this finds none.
    groups.resetTag(null);
    return noContent;
  },
};

const RESET_UNTAGGED_IS_GONE =
  'multicast_reset_untagged is deprecated; all groups now have default tags. Use multicast_reset_by_tag with the tag returned from group creation.';
