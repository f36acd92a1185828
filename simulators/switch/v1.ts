/**
 * The rules of a daemon that speaks API 1 only. It protects nothing: a tag is a label that updates overwrite, an
 * underlay group can go while it is referenced, and a group that was emptied keeps its ports in the PRE.
 */
import { invalid, internal } from '../dropshot';
import { isMulticast, isSsm, within, type Ip } from './addresses';
import { adminScoped, type Source } from './bodies';
import { checkAsm, checkExactSource, checkMac, checkSsm, type Rules } from './rules';

const RESERVED_IPV4 = ['224.0.1.1', '224.0.1.129', '224.0.1.130'];
const isAdminScoped = (ip: Ip): boolean => adminScoped(ip) === null;

export const level1: Rules = {
  newest: 1,
  underlayAddress: adminScoped,
  isUnderlay: isAdminScoped,
  readSources: (sources) => sources,
  checkGroup(ip, sources) {
    for (const source of sources ?? []) checkSource(source);
    if (!isMulticast(ip)) throw invalid(`${ip.text} is not a multicast address`);
    if (isSsm(ip)) return checkSsm(ip, sources ?? []);
    if (sources && sources.length > 0) {
      throw invalid(`${ip.text} is not a Source-Specific Multicast address but sources were provided`);
    }
    checkAsm(ip);
    const prefix = ['233.0.0.0', '239.0.0.0'].find((network) => within(ip, network, 8));
    if (prefix) throw invalid(`${ip.text} is in the reserved multicast subnet ${prefix}/8`);
    if (RESERVED_IPV4.includes(ip.text)) throw invalid(`${ip.text} is a reserved multicast address`);
  },
  checkCreatable(ip) {
    if (!isAdminScoped(ip)) return;
    throw invalid(`${ip.text} is an admin-scoped multicast address and must be created via the internal multicast API`);
  },
  checkNat(nat) {
    checkMac(nat.mac);
    if (isAdminScoped(nat.ip)) return;
    throw invalid(
      `NAT target internal IP address ${nat.ip.text} is not a valid site/admin-local or org-scoped multicast address`,
    );
  },
  keptSources: (given, previous) => given ?? previous,
  // The route entry loses the VLAN, the record does not.
  keptVlan: (given, previous) => given ?? previous,
  newTag: (given) => given,
  checkTagFormat: () => undefined,
  updatedTag: (given, current) => given ?? current,
  guardsReferences: false,
  resetsExternalFirst: false,
  emptiesReplication: false,
  idsExhausted: internal(),
};

function checkSource(source: Source): void {
  if (source.kind === 'exact') return checkExactSource(source.ip);
  if (source.kind === 'any') return;
  const { network } = source;
  if (!isMulticast(network) && !within(network, '127.0.0.0', 8) && network.text !== '255.255.255.255') return;
  throw invalid(`Source subnet ${source.cidr} is not a valid source network`);
}
