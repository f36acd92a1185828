/** Names, descriptions, uplinks and ranges: small rules, each with its edges. */
import { parseAddress } from '../../domain/addresses';
import { descriptionFault, isUuid, nameFault } from '../../domain/names';
import {
  mixedRangesFault,
  poolRangeFault,
  rangeFault,
  rangeSize,
  type AddressRange,
  type PoolKind,
} from '../../domain/pool-ranges';
import { parseUplink, uplinkFault } from '../../domain/uplinks';

describe('names', () => {
  test.each(['a', 'a1', 'web-1', 'a--b', 'a'.repeat(63)])('%p is one', (name) => expect(nameFault(name)).toBeNull());

  test.each([
    '',
    'a'.repeat(64),
    'A',
    'aB',
    '1a',
    '-a',
    'a-',
    'a_b',
    'a.b',
    'a b',
    'é',
    'a\n',
    'a\0',
    'd4f5e1a0-0000-4000-8000-000000000000',
    'D4F5E1A0-0000-4000-8000-000000000000',
  ])('%p is none', (name) => expect(nameFault(name)).toMatch(/^a name /));

  test('an id is never a name', () => {
    const id = 'd4f5e1a0-0000-4000-8000-000000000000';
    expect(isUuid(id)).toBe(true);
    expect(isUuid(`${id}\n`)).toBe(false);
    expect(isUuid(id.replaceAll('-', ''))).toBe(false);
  });

  test('a description is bounded in characters and has no U+0000', () => {
    expect(descriptionFault('')).toBeNull();
    expect(descriptionFault('😀'.repeat(512))).toBeNull();
    expect(descriptionFault('x'.repeat(513))).toContain('512');
    expect(descriptionFault('a\0b')).toContain('U+0000');
  });
});

describe('uplinks', () => {
  test.each(['switch0.qsfp0', 'switch1.qsfp31', 'switch10.qsfp9'])('%p is one', (text) =>
    expect(parseUplink(text)?.text).toBe(text),
  );
  test.each([
    '',
    'switch0',
    'switch0.rear0',
    'switch0.qsfp32',
    'switch00.qsfp1',
    'switch0.qsfp01',
    'SWITCH0.qsfp0',
    'switch0.qsfp0.1',
    ' switch0.qsfp0',
    'switch99.qsfp0',
  ])('%p is none', (text) => expect(parseUplink(text)).toBeNull());
  test('qsfpN is refused beside rearN, naming both', () => {
    const uplink = parseUplink('switch0.qsfp5')!;
    expect(uplinkFault(uplink, { id: 'S', rearPort: 4 })).toBeNull();
    const fault = uplinkFault(uplink, { id: 'S', rearPort: 5 });
    expect(fault).toContain('switch0.qsfp5');
    expect(fault).toContain('rear5');
  });
});

describe('ranges of a pool', () => {
  const asm: PoolKind = { poolType: 'multicast', ipVersion: 'v4' };
  const asm6: PoolKind = { poolType: 'multicast', ipVersion: 'v6' };
  const unicast: PoolKind = { poolType: 'unicast', ipVersion: 'v4' };
  const range = (first: string, last: string): AddressRange => ({
    first: parseAddress(first)!,
    last: parseAddress(last)!,
  });

  test.each<[PoolKind, string, string]>([
    [asm, '224.1.1.1', '224.1.1.10'],
    [asm, '224.0.1.0', '231.255.255.255'],
    [asm, '232.0.0.0', '232.255.255.255'],
    [asm, '234.0.0.0', '238.255.255.255'],
    [asm6, 'ff0e::1', 'ff0e::ffff'],
    [asm6, 'ff30::', 'ff3f:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    [unicast, '10.0.0.1', '10.0.0.9'],
    [{ poolType: 'unicast', ipVersion: 'v6' }, 'fd00::1', 'fd00::9'],
  ])('%j takes %s-%s', (pool, first, last) => expect(poolRangeFault(range(first, last), pool)).toBeNull());

  test.each<[PoolKind, string, string, string]>([
    [asm, '10.0.0.1', '10.0.0.9', 'is not multicast'],
    [asm, '223.0.0.0', '224.1.0.0', 'spans unicast and multicast'],
    [asm, '238.0.0.0', '241.0.0.0', 'spans unicast and multicast'],
    [asm, '231.0.0.0', '232.0.0.9', 'spans ASM and SSM'],
    [asm, '232.0.0.0', '234.0.0.0', 'spans ASM and SSM'],
    [asm, '230.0.0.0', '235.0.0.0', 'spans ASM and SSM'],
    [asm, '224.0.0.0', '224.0.0.9', 'reserved multicast subnet 224.0.0.0/24'],
    [asm, '224.0.0.255', '224.0.1.1', '224.0.0.0/24'],
    [asm, '233.1.0.0', '233.1.0.1', '233.0.0.0/8'],
    [asm, '238.0.0.0', '239.0.0.0', '239.0.0.0/8'],
    [asm, 'ff0e::1', 'ff0e::2', 'is IPv6'],
    [asm6, '224.1.1.1', '224.1.1.2', 'is IPv4'],
    [asm6, 'ff00::', 'ff03::', 'ff01::/16'],
    [asm6, 'ff03::', 'ff06::', 'ff04::/16'],
    [asm6, 'ff05::1', 'ff05::2', 'ff05::/16'],
    [asm6, 'ff2f::', 'ff40::', 'spans ASM and SSM'],
    [asm6, 'fe00::', 'ff0e::1', 'spans unicast and multicast'],
    [unicast, '224.1.1.1', '224.1.1.10', 'contains multicast'],
    [unicast, '200.0.0.0', '250.0.0.0', 'contains multicast'],
    [unicast, '223.255.255.255', '224.0.0.0', 'contains multicast'],
  ])('%j refuses %s-%s: %s', (pool, first, last, fault) => {
    expect(poolRangeFault(range(first, last), pool)).toContain(fault);
  });

  test('have two ends of one family in order', () => {
    expect(rangeFault(range('10.0.0.2', '10.0.0.1'))).toContain('greater');
    expect(rangeFault(range('10.0.0.2', 'fd00::1'))).toContain('different IP versions');
    expect(rangeFault(range('10.0.0.2', '10.0.0.2'))).toBeNull();
    expect(rangeSize(range('ff0e::', 'ff0e:ffff:ffff:ffff:ffff:ffff:ffff:ffff'))).toBe(2n ** 112n);
  });

  test('are of one kind', () => {
    const fault = mixedRangesFault(range('232.1.0.1', '232.1.0.50'), range('224.1.0.1', '224.1.0.50'));
    expect(fault).toMatch(/Cannot mix.*SSM.*ASM/);
    expect(mixedRangesFault(range('224.2.0.1', '224.2.0.50'), range('224.1.0.1', '224.1.0.50'))).toBeNull();
  });
});
