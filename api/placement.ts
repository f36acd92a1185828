/** Where a new group takes its address and its VNI from: the pool and the VPC, named or by default. */
import type { Queryable } from '../db/client';
import { findVpc } from '../db/lookup';
import { findDefaultPool, findLinkedPool } from '../db/pool-links';
import type { IpFamily } from '../domain/addresses';
import { CodedError } from '../domain/errors';
import { invalidRequest, notFound } from './errors';
import { byNameOrId } from './selectors';
import { isId, type NameOrId } from './wire';

/**
 * The pool named, which must be linked to the silo and be a multicast pool; else the silo's default multicast pool, of the IP
 * version that address or sources ask for, of IPv4 before IPv6 when nothing asks.
 */
export async function choosePool(
  db: Queryable,
  siloId: string,
  selector: NameOrId | null,
  family: IpFamily | null,
): Promise<string> {
  if (selector === null) {
    const pool = await findDefaultPool(db, siloId, family);
    if (pool === null) throw new CodedError('ObjectNotFound', 'not found: default multicast IP pool for current silo');
    return pool.id;
  }
  const pool = await findLinkedPool(db, siloId, byNameOrId(selector));
  if (pool === null) throw notFound('ip-pool', byNameOrId(selector));
  if (pool.poolType !== 'multicast') {
    throw invalidRequest(`pool: ip-pool "${pool.name}" is a ${pool.poolType} pool, a multicast pool is needed`);
  }
  return pool.id;
}

export async function chooseVpc(db: Queryable, projectId: string, selector: NameOrId | null): Promise<string | null> {
  if (selector === null) return null;
  const vpc = await findVpc(db, isId(selector) ? { id: selector } : { projectId, name: selector });
  if (vpc === null || vpc.projectId !== projectId) throw notFound('vpc', byNameOrId(selector));
  return vpc.id;
}
