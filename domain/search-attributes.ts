/** Lists in Temporal's visibility are cut to what one value may hold: an oversize upsert would end the run. */
import { LIMITS } from './limits';

/** As many of the items, in order, as fit one search attribute value (as JSON). */
export function fitsSearchAttribute(items: string[]): string[] {
  let bytes = 2;
  return items.filter((item) => (bytes += item.length + 3) <= LIMITS.searchAttributeBytes);
}
