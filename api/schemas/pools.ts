/** IP pools, their ranges and their links to silos on the wire: bodies, views, and how rows become views. */
import { z } from 'zod';
import type { LinkedPool, LinkRow } from '../../db/pool-links';
import type { PoolRow } from '../../db/pools';
import type { RangeRow } from '../../db/ranges';
import { LIMITS } from '../../domain/limits';
import { ResultsPage } from '../pagination';
import { Description, Name, NameOrId, shownAs, Timestamp, Uuid } from '../wire';
import { IpRange } from './addresses';
import { identity } from './groups';

const IpPoolType = z.enum(['unicast', 'multicast']).meta({ id: 'IpPoolType', description: 'Type of IP pool.' });
const IpVersion = z.enum(['v4', 'v6']).meta({ id: 'IpVersion', description: 'The IP address version.' });

const VlanId = z
  .number()
  .int()
  .min(LIMITS.vlanMin, `expected a VLAN id from ${LIMITS.vlanMin} to ${LIMITS.vlanMax}`)
  .max(LIMITS.vlanMax, `expected a VLAN id from ${LIMITS.vlanMin} to ${LIMITS.vlanMax}`)
  .meta({
    id: 'VlanId',
    description: 'A VLAN id that a tag can carry.',
    override: shownAs({ type: 'integer', format: 'uint16', minimum: LIMITS.vlanMin, maximum: LIMITS.vlanMax }),
  });

const UplinkObject = z.object({ switch_location: Name, port_name: Name });

/** Both forms are one text from here on. */
const SwitchPortUplink = z
  .preprocess((given) => {
    const parsed = UplinkObject.safeParse(given);
    return parsed.success ? `${parsed.data.switch_location}.${parsed.data.port_name}` : given;
  }, z.string('expected "<switch>.<port>" or an object with switch_location and port_name'))
  .meta({
    id: 'SwitchPortUplink',
    description:
      'A front port of a switch. The string `<switch_location>.<port_name>`, as in the view, is taken as well.',
    override: shownAs({
      type: 'object',
      properties: {
        port_name: { $ref: '#/components/schemas/Name' },
        switch_location: { $ref: '#/components/schemas/Name' },
      },
      required: ['port_name', 'switch_location'],
    }),
  });

const Uplinks = z.array(SwitchPortUplink);

export const IpPool = z
  .object({
    ...identity,
    ip_version: IpVersion,
    pool_type: IpPoolType,
    mvlan: z
      .number()
      .nullish()
      .meta({
        description: 'VLAN id of multicast traffic leaving by the uplinks.',
        override: shownAs({ type: 'integer', format: 'uint16', minimum: 0, nullable: true }),
      }),
    switch_port_uplinks: z
      .array(z.string())
      .nullish()
      .meta({ description: 'Uplinks of a multicast pool, as `<switch>.<port>`.' }),
  })
  .meta({ id: 'IpPool', description: 'A collection of IP ranges.' });

export const IpPoolCreate = z
  .object({
    name: Name,
    description: Description,
    ip_version: IpVersion.default('v4'),
    pool_type: IpPoolType.default('unicast'),
    switch_port_uplinks: Uplinks.nullish(),
    mvlan: VlanId.nullish(),
  })
  .meta({ id: 'IpPoolCreate', description: 'Create-time parameters for an `IpPool`' });

export const IpPoolUpdate = z
  .object({
    name: Name.nullish(),
    description: Description.nullish(),
    switch_port_uplinks: Uplinks.nullish(),
    mvlan: VlanId.nullish(),
  })
  .meta({ id: 'IpPoolUpdate', description: 'Parameters for updating an IP Pool; what is absent or null stays.' });

export const IpPoolRange = z
  .object({ id: Uuid, ip_pool_id: Uuid, range: IpRange, time_created: Timestamp })
  .meta({ id: 'IpPoolRange' });

export const IpPoolSiloLink = z
  .object({ ip_pool_id: Uuid, silo_id: Uuid, is_default: z.boolean() })
  .meta({ id: 'IpPoolSiloLink', description: 'A link between an IP pool and a silo.' });

export const IpPoolLinkSilo = z
  .object({
    silo: NameOrId,
    is_default: z.boolean().meta({ description: 'A silo has at most one default pool per pool type and IP version.' }),
  })
  .meta({ id: 'IpPoolLinkSilo' });

export const IpPoolSiloUpdate = z
  .object({
    is_default: z.boolean().meta({ description: 'True replaces the default of the same pool type and IP version.' }),
  })
  .meta({ id: 'IpPoolSiloUpdate' });

const double = shownAs({ type: 'number', format: 'double' });
export const IpPoolUtilization = z
  .object({
    capacity: z.number().meta({ description: 'The total number of addresses in the pool.', override: double }),
    remaining: z.number().meta({ description: 'The number of addresses that no group has.', override: double }),
  })
  .meta({ id: 'IpPoolUtilization', description: 'The utilization of IP addresses in a pool.' });

export const SiloIpPool = z
  .object({ ...identity, is_default: z.boolean() })
  .meta({ id: 'SiloIpPool', description: 'An IP pool in the context of a silo' });

export const IpPoolResultsPage = ResultsPage(IpPool, 'IpPoolResultsPage');
export const IpPoolRangeResultsPage = ResultsPage(IpPoolRange, 'IpPoolRangeResultsPage');
export const IpPoolSiloLinkResultsPage = ResultsPage(IpPoolSiloLink, 'IpPoolSiloLinkResultsPage');
export const SiloIpPoolResultsPage = ResultsPage(SiloIpPool, 'SiloIpPoolResultsPage');

const identityOf = (row: PoolRow) => ({
  id: row.id,
  name: row.name,
  description: row.description,
  time_created: row.timeCreated,
  time_modified: row.timeModified,
});

export function viewPool(row: PoolRow): z.output<typeof IpPool> {
  return {
    ...identityOf(row),
    ip_version: row.ipVersion,
    pool_type: row.poolType,
    ...(row.mvlan === null ? {} : { mvlan: row.mvlan }),
    ...(row.switchPortUplinks === null ? {} : { switch_port_uplinks: row.switchPortUplinks }),
  };
}

export const viewSiloPool = (row: LinkedPool): z.output<typeof SiloIpPool> => ({
  ...identityOf(row),
  is_default: row.isDefault,
});

export const viewRange = (row: RangeRow): z.output<typeof IpPoolRange> => ({
  id: row.id,
  ip_pool_id: row.ipPoolId,
  range: { first: row.range.first.text, last: row.range.last.text },
  time_created: row.timeCreated,
});

export const viewLink = (row: LinkRow): z.output<typeof IpPoolSiloLink> => ({
  ip_pool_id: row.ipPoolId,
  silo_id: row.siloId,
  is_default: row.isDefault,
});
