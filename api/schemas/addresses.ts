/**
 * Addresses in bodies and paths. Checked by the rules of domain/addresses.ts while the request is parsed, so that what is wrong
 * is said with the field's name; handlers read the text again with `addressIn`.
 */
import { z } from 'zod';
import { groupAddressFault, parseAddress, sourceFault, sourceListFault, type IpAddress } from '../../domain/addresses';
import { rangeFault } from '../../domain/pool-ranges';
import { shownAs } from '../wire';

/** The address in a text that a schema has let pass. */
export function addressIn(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (parsed === null) throw new Error(`not checked before: ${text}`);
  return parsed;
}

function addressText(format: 'ip' | 'ipv4' | 'ipv6', fault: (address: IpAddress) => string | null = () => null) {
  return z
    .string()
    .superRefine((text, context) => {
      const parsed = parseAddress(text);
      const wanted = { ip: parsed?.family, ipv4: 4, ipv6: 6 }[format];
      if (parsed === null || parsed.family !== wanted) {
        context.addIssue({
          code: 'custom',
          message: `expected an ${{ ip: 'IP', ipv4: 'IPv4', ipv6: 'IPv6' }[format]} address`,
        });
        return;
      }
      const message = fault(parsed);
      if (message !== null) context.addIssue({ code: 'custom', message });
    })
    .meta({ override: shownAs({ type: 'string', format }) });
}

export const Ip = addressText('ip');
export const MulticastIp = addressText('ip', groupAddressFault);
const SourceIp = addressText('ip', sourceFault);

export const SourceIps = z.array(SourceIp).superRefine((texts, context) => {
  const parsed = texts.map(parseAddress).filter((address) => address !== null);
  // Faults of single addresses have been told at their own place.
  if (parsed.length < texts.length || parsed.some((address) => sourceFault(address) !== null)) return;
  const message = sourceListFault(parsed);
  if (message !== null) context.addIssue({ code: 'custom', message });
});

const range = (format: 'ipv4' | 'ipv6') => z.object({ first: addressText(format), last: addressText(format) });

const Ipv4Range = range('ipv4').meta({
  id: 'Ipv4Range',
  description: 'A non-decreasing IPv4 address range, inclusive of both ends.',
});
const Ipv6Range = range('ipv6').meta({
  id: 'Ipv6Range',
  description: 'A non-decreasing IPv6 address range, inclusive of both ends.',
});

export const IpRange = z
  .union([Ipv4Range, Ipv6Range], { error: (issue) => wrongRange(issue.input) })
  .superRefine(({ first, last }, context) => {
    const message = rangeFault({ first: addressIn(first), last: addressIn(last) });
    if (message !== null) context.addIssue({ code: 'custom', message });
  })
  .meta({
    id: 'IpRange',
    override: shownAs({
      oneOf: ['v4', 'v6'].map((version) => ({
        title: version,
        allOf: [{ $ref: `#/components/schemas/Ip${version}Range` }],
      })),
    }),
  });

/** A union only says that nothing fits; this says what does not. */
function wrongRange(input: unknown): string {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return 'expected an object with "first" and "last"';
  const { first, last } = input as { first?: unknown; last?: unknown };
  const ends = { first, last };
  for (const [field, value] of Object.entries(ends)) {
    if (typeof value !== 'string' || parseAddress(value) === null) return `${field}: expected an IP address`;
  }
  return 'first and last: expected two addresses of one IP version';
}
