/**
 * A bucket that each request empties by one and time refills. It keeps one caller's loop from starving the others; it is no
 * accounting, so each process counts for itself.
 */
export interface Rate {
  burst: number;
  perSecond: number;
}

interface Bucket {
  left: number;
  at: number;
}

/** A bucket that is full again is like none, so there are never many more than callers at the moment. */
const SWEEP_ABOVE = 10_000;

/** Seconds until this caller may ask again; 0 when it may now, and then it counts unless it only looks. */
export type Limiter = (key: string, only?: 'look') => number;

export function createLimiter({ burst, perSecond }: Rate, now: () => number = Date.now): Limiter {
  const buckets = new Map<string, Bucket>();
  const refilled = ({ left, at }: Bucket) => Math.min(burst, left + ((now() - at) / 1_000) * perSecond);
  return (key, only) => {
    if (buckets.size > SWEEP_ABOVE) {
      for (const [other, bucket] of buckets) if (refilled(bucket) >= burst) buckets.delete(other);
    }
    const left = refilled(buckets.get(key) ?? { left: burst, at: now() });
    if (left < 1) return (1 - left) / perSecond;
    if (only === undefined) buckets.set(key, { left: left - 1, at: now() });
    return 0;
  };
}
