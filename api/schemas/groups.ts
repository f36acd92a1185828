/** Multicast groups and their members on the wire: bodies, views, and how rows become views. */
import { z } from 'zod';
import type { GroupRow } from '../../db/groups';
import type { MemberRow } from '../../db/members';
import { LIMITS } from '../../domain/limits';
import { ResultsPage } from '../pagination';
import { Description, Name, NameOrId, shownAs, Timestamp, Uuid } from '../wire';
import { Ip, MulticastIp, SourceIps } from './addresses';

/** What every resource has. */
export const identity = {
  id: Uuid,
  name: Name,
  description: z.string(),
  time_created: Timestamp,
  time_modified: Timestamp,
};

export const MulticastGroup = z
  .object({
    ...identity,
    multicast_ip: Ip.meta({ description: 'The multicast IP address held by this resource.' }),
    source_ips: z.array(Ip).meta({
      description: 'Source IP addresses for Source-Specific Multicast (SSM). Empty array means any source is allowed.',
    }),
    ip_pool_id: Uuid.meta({ description: 'The ID of the IP pool this resource belongs to.' }),
    project_id: Uuid.meta({ description: 'The ID of the project that contains this resource.' }),
    vpc_id: Uuid.nullable().meta({ description: 'The VPC whose VNI the group uses; null for the default VNI.' }),
    vni: z.number().meta({
      description: 'The Geneve VNI of the group.',
      override: shownAs({ type: 'integer', format: 'uint32', minimum: 0, maximum: LIMITS.vniMax }),
    }),
    state: z.string().meta({ description: 'Current state of the multicast group: Creating, Active or Deleting.' }),
  })
  .meta({ id: 'MulticastGroup', description: 'View of a Multicast Group' });

export const MulticastGroupCreate = z
  .object({
    name: Name,
    description: Description,
    multicast_ip: MulticastIp.nullish().meta({
      description: 'The multicast IP address to allocate. If absent, one is allocated from the pool.',
    }),
    source_ips: SourceIps.nullish().meta({
      description: 'Source IP addresses for Source-Specific Multicast (SSM). Absent or empty: any source (ASM).',
    }),
    pool: NameOrId.nullish().meta({
      description: "Name or ID of the IP pool to allocate from; absent: the silo's default multicast pool.",
    }),
    vpc: NameOrId.nullish().meta({
      description: "Name or ID of a VPC of the group's project whose VNI to use; absent: the default VNI.",
    }),
  })
  .meta({ id: 'MulticastGroupCreate', description: 'Create-time parameters for a multicast group.' });

export const MulticastGroupUpdate = z
  .object({
    name: Name.nullish(),
    description: Description.nullish(),
    source_ips: SourceIps.nullish(),
  })
  .meta({
    id: 'MulticastGroupUpdate',
    description: 'Update-time parameters for a multicast group; what is absent or null stays.',
  });

export const MulticastGroupMember = z
  .object({
    ...identity,
    multicast_group_id: Uuid.meta({ description: 'The ID of the multicast group this member belongs to.' }),
    instance_id: Uuid.meta({ description: 'The ID of the instance that is a member of this group.' }),
    state: z.string().meta({ description: 'Current state of the membership: Joining, Joined or Left.' }),
  })
  .meta({
    id: 'MulticastGroupMember',
    description: 'View of a Multicast Group Member (instance belonging to a multicast group)',
  });

export const MulticastGroupMemberAdd = z
  .object({ instance: NameOrId })
  .meta({ id: 'MulticastGroupMemberAdd', description: 'Parameters for adding an instance to a multicast group.' });

export const MulticastGroupResultsPage = ResultsPage(MulticastGroup, 'MulticastGroupResultsPage');
export const MulticastGroupMemberResultsPage = ResultsPage(MulticastGroupMember, 'MulticastGroupMemberResultsPage');

const GROUP_STATES = { creating: 'Creating', active: 'Active', deleting: 'Deleting' } as const;
const MEMBER_STATES = { joining: 'Joining', joined: 'Joined', left: 'Left' } as const;

export function viewGroup(row: GroupRow): z.output<typeof MulticastGroup> {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    time_created: row.timeCreated,
    time_modified: row.timeModified,
    multicast_ip: row.multicastIp,
    source_ips: row.sourceIps,
    ip_pool_id: row.ipPoolId,
    project_id: row.projectId,
    vpc_id: row.vpcId,
    vni: row.vni,
    state: GROUP_STATES[row.state],
  };
}

export function viewMember(row: MemberRow): z.output<typeof MulticastGroupMember> {
  return {
    id: row.id,
    name: `member-${row.id}`,
    description: `multicast group member ${row.id}`,
    time_created: row.timeCreated,
    time_modified: row.timeModified,
    multicast_group_id: row.externalGroupId,
    instance_id: row.parentId,
    state: MEMBER_STATES[row.state],
  };
}
