/** The mapping to the underlay, with the reference's vectors. */
import fc from 'fast-check';
import { multicastMac, underlayAddress } from '../../domain/underlay';

test.each([
  ['224.1.2.3', 'ff04::e001:203', 'ff04::e001:202', 'ff04::e001:2fc'],
  ['232.1.2.3', 'ff04::e801:203', 'ff04::e801:202', 'ff04::e801:2fc'],
  ['239.255.255.255', 'ff04::efff:ffff', 'ff04::efff:fffe', 'ff04::efff:ff00'],
  ['ff0e::1', 'ff04::ff0e:0:0:1', 'ff04::ff0e:0:0:0', 'ff04::ff0e:0:0:fe'],
  ['ff1e::1', 'ff04::ff1e:0:0:1', 'ff04::ff1e:0:0:0', 'ff04::ff1e:0:0:fe'],
  ['ff05:1234:5678:9abc:def0:1234:5678:9abc', 'ff04::21f5:0:0:0', 'ff04::21f5:0:0:1', 'ff04::21f5:0:0:ff'],
  ['ff0e::e001:203', 'ff04::ff0e:0:e001:203', 'ff04::ff0e:0:e001:202', 'ff04::ff0e:0:e001:2fc'],
])('%s maps to %s, salted %s and %s', (external, plain, one, last) => {
  expect([0, 1, 255].map((salt) => underlayAddress(external, salt))).toEqual([plain, one, last].map(canonical));
});

/** The vectors write some zero groups out; both texts are one address. */
function canonical(text: string): string {
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

test('salts give distinct addresses within ff04::/64', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0xe000_0100, max: 0xefff_ffff }), (value) => {
      const external = [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
      const mapped = Array.from({ length: 256 }, (_, salt) => underlayAddress(external, salt));
      expect(new Set(mapped).size).toBe(256);
      expect(mapped.every((address) => address.startsWith('ff04::'))).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test.each(['10.0.0.1', '2001:db8::1', 'nonsense'])('%s is refused: not multicast', (text) => {
  expect(() => underlayAddress(text, 0)).toThrow('not multicast');
});

test.each([-1, 256, 0.5])('salt %p is refused', (salt) => {
  expect(() => underlayAddress('224.1.2.3', salt)).toThrow('not a salt');
});

test('the Ethernet address is 33:33 and the low 32 bits', () => {
  expect(multicastMac('ff04::e001:203')).toBe('33:33:e0:01:02:03');
  expect(multicastMac('ff04::ff0e:0:0:1')).toBe('33:33:00:00:00:01');
  expect(() => multicastMac('224.1.2.3')).toThrow('not IPv6 multicast');
});
