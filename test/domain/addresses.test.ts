/** Address rules, with the vectors of the reference behaviour. */
import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import {
  groupAddressFault,
  isSourceSpecific,
  parseAddress,
  sortAddresses,
  sourceFault,
  sourceListFault,
  sourcesForAddressFault,
  type IpAddress,
} from '../../domain/addresses';

function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (parsed === null) throw new Error(`not an address: ${text}`);
  return parsed;
}

describe('reading an address', () => {
  test.each([
    '',
    '1.2.3',
    '0x7f.1',
    '127.1',
    '01.2.3.4',
    '1.2.3.4.',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '256.1.1.1',
    '1.2.3.-4',
    '4294967295',
    'fe80::1%eth0',
    '::1%',
    ':::',
    '1::2::3',
    '::01.2.3.4',
    '::1.2.3',
    '[::1]',
    'ff0e::1/128',
    '12345::',
    'g::',
    '::ffff:0x7f.1',
    'localhost',
  ])('refuses %p', (text) => expect(parseAddress(text)).toBeNull());

  test.each([
    ['224.1.2.3', '224.1.2.3'],
    ['FF0E:0:0:0:0:0:0:1', 'ff0e::1'],
    ['ff0e::0:1', 'ff0e::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:0:3:0:4:0', '1:0:2:0:3:0:4:0'],
    ['::', '::'],
    ['::1', '::1'],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
    ['::ffff:a00:1', '::ffff:10.0.0.1'],
    ['::102:304', '::1.2.3.4'],
  ])('%s is %s', (given, canonical) => expect(parseAddress(given)?.text).toBe(canonical));

  test('agrees with node about what is an address', () => {
    const character = fc.constantFrom(...'0123456789abcdefF:.:.:%xg '.split(''));
    const text = fc.oneof(fc.string({ unit: character, maxLength: 20 }), fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(text, (candidate) => {
        const expected = isIPv4(candidate) || (isIPv6(candidate) && !candidate.includes('%'));
        expect(parseAddress(candidate) !== null).toBe(expected);
      }),
      { numRuns: 5000 },
    );
  });

  test('its canonical text reads as the same address', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const first = address(text);
        expect(address(first.text)).toEqual(first);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the address of a group', () => {
  test.each([
    '224.0.1.0',
    '224.1.2.3',
    '224.255.255.255',
    '225.0.0.0',
    '232.0.0.0',
    '232.255.255.255',
    '234.0.0.0',
    '238.255.255.255',
    'ff00::1',
    'ff03::1',
    'ff06::1',
    'ff07::1',
    'ff09::1',
    'ff0d::1',
    'ff0e::1',
    'ff0f::1',
    'ff1e::1',
    'ff34::1',
    'ff3e::8000:1',
    'ff14::1',
  ])('may be %s', (text) => expect(groupAddressFault(address(text))).toBeNull());

  test.each(['10.0.0.1', '223.255.255.255', '240.0.0.0', '255.255.255.255', '2001:db8::1', 'feff::1', '::'])(
    'is not %s: not multicast',
    (text) => expect(groupAddressFault(address(text))).toMatch(/is not a multicast address/),
  );

  test.each([
    ['224.0.0.0', '224.0.0.0/24'],
    ['224.0.0.255', '224.0.0.0/24'],
    ['233.0.0.0', '233.0.0.0/8'],
    ['233.255.255.255', '233.0.0.0/8'],
    ['239.0.0.0', '239.0.0.0/8'],
    ['239.255.255.255', '239.0.0.0/8'],
    ['ff01::1', 'ff01::/16'],
    ['ff02:ffff::', 'ff02::/16'],
    ['ff04::1', 'ff04::/16'],
    ['ff05:1::', 'ff05::/16'],
    ['ff08::', 'ff08::/16'],
  ])('is not %s: reserved', (text, subnet) => {
    const fault = groupAddressFault(address(text));
    expect(fault).toContain('reserved multicast subnet');
    expect(fault).toContain(subnet);
  });
});

describe('sources', () => {
  test.each([
    '10.1.1.1',
    '192.168.0.1',
    '172.16.0.1',
    '8.8.8.8',
    '203.0.113.1',
    '128.0.0.1',
    '240.0.0.1',
    '2001:db8::1',
    'fd00::1',
    '::2',
    'fec0::1',
  ])('may be %s', (text) => expect(sourceFault(address(text))).toBeNull());

  test.each([
    '224.1.2.3',
    'ff0e::1',
    '127.0.0.1',
    '127.255.255.255',
    '255.255.255.255',
    '0.0.0.0',
    '169.254.0.1',
    '::1',
    '::',
    'fe80::1',
    'febf::1',
    '::ffff:10.0.0.1',
  ])('are not %s', (text) => expect(sourceFault(address(text))).toContain(text));

  test('are at most 64, distinct, of one family', () => {
    const many = Array.from({ length: 65 }, (_, i) => address(`10.0.0.${i + 1}`));
    expect(sourceListFault(many.slice(0, 64))).toBeNull();
    expect(sourceListFault(many)).toContain('64');
    expect(sourceListFault([address('fd00::1'), address('fd00:0:0::1')])).toContain('fd00::1 is given twice');
    expect(sourceListFault([address('10.0.0.1'), address('fd00::1')])).toContain('different IP versions');
    expect(sourceListFault([])).toBeNull();
  });

  test.each([
    ['232.1.2.3', ['10.0.0.1'], null],
    ['ff3e::1', ['fd00::1'], null],
    ['ff30::1', ['fd00::1'], null],
    ['224.1.2.3', [], null],
    ['ff0e::1', [], null],
    ['232.1.2.3', [], 'requires one or more source'],
    ['ff34::1', [], 'requires one or more source'],
    ['224.1.2.3', ['10.0.0.1'], 'ASM multicast addresses cannot have sources'],
    ['ff0e::1', ['fd00::1'], 'ASM multicast addresses cannot have sources'],
    ['232.1.2.3', ['fd00::1'], 'is IPv6'],
    ['ff3e::1', ['10.0.0.1'], 'is IPv4'],
  ])('of %s: %p', (text, sources, fault) => {
    const found = sourcesForAddressFault(address(text), sources.map(address));
    expect(found ?? 'fine').toContain(fault ?? 'fine');
  });

  test.each([
    ['231.255.255.255', false],
    ['232.0.0.0', true],
    ['232.255.255.255', true],
    ['233.0.0.0', false],
    ['ff2f::1', false],
    ['ff30::', true],
    ['ff3f:ffff::1', true],
    ['ff40::1', false],
  ])('%s source-specific: %p', (text, specific) => expect(isSourceSpecific(address(text))).toBe(specific));

  test('are sorted by number', () => {
    const sorted = sortAddresses(['10.0.0.10', '10.0.0.9', '9.255.0.1'].map(address));
    expect(sorted.map((one) => one.text)).toEqual(['9.255.0.1', '10.0.0.9', '10.0.0.10']);
  });
});
