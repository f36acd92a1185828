/** Arbitrary configurations of one group on a switch. */
import fc from 'fast-check';
import { desiredConfig } from '../../domain/desired';
import type { SwitchConfig } from '../../domain/switch-config';
import { tagOf } from '../../domain/switch-edits';

export const port = fc.nat(11).map((n) => `rear${n}`);
export const ports = fc.uniqueArray(port, { maxLength: 6 });
export const sources = fc.uniqueArray(fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3'), { maxLength: 3 });
export const config = fc
  .record({ ports, sources, vni: fc.nat(3), vlan: fc.option(fc.integer({ min: 2, max: 4 })), tag: fc.nat(1) })
  .map(({ ports: list, sources: from, vni, vlan, tag }): SwitchConfig => {
    const group = { tag: tagOf(`g${tag}`), ip: '224.1.1.1', underlayIp: 'ff04::1', vni, vlan, sources: from };
    return desiredConfig({ ...group, deleting: false }, list)!;
  });
export const wish = fc.option(config);
