/** Properties of addresses, names, pauses and what else is a value. */
import fc from 'fast-check';
import {
  addressOf,
  groupAddressFault,
  isMulticast,
  parseAddress,
  sortAddresses,
  type IpFamily,
} from '../../domain/addresses';
import { LIMITS } from '../../domain/limits';
import { isUuid, nameFault } from '../../domain/names';
import { retryPause } from '../../domain/retry';
import { fitsSearchAttribute } from '../../domain/search-attributes';
import { nextStanding, type Observation, type SwitchStanding } from '../../domain/switch-service';
import { multicastMac, underlayAddress } from '../../domain/underlay';
import { parseUplink } from '../../domain/uplinks';
import { lifecycleWorkflowId } from '../../domain/workflow-ids';

const RUNS = { numRuns: 1_000, seed: 31 };
const address = fc.oneof(
  fc.bigInt(0n, (1n << 32n) - 1n).map((value) => addressOf(4, value)),
  fc.bigInt(0n, (1n << 128n) - 1n).map((value) => addressOf(6, value)),
);
const multicast = fc.oneof(
  fc.bigInt(0n, (1n << 28n) - 1n).map((low) => addressOf(4, (0xen << 28n) | low)),
  fc.bigInt(0n, (1n << 120n) - 1n).map((low) => addressOf(6, (0xffn << 120n) | low)),
);

test('an address is read back from its text, and no other text means it', () => {
  fc.assert(
    fc.property(address, (each) => {
      expect(parseAddress(each.text)).toEqual(each);
      expect(parseAddress(` ${each.text}`)).toBeNull();
      expect(parseAddress(`${each.text}%eth0`)).toBeNull();
    }),
    RUNS,
  );
});

test('addresses are ordered by family and number, whatever the order they come in', () => {
  fc.assert(
    fc.property(fc.array(address, { maxLength: 8 }), (list) => {
      const sorted = sortAddresses(list);
      expect(sortAddresses(list.toReversed()).map((each) => each.text)).toEqual(sorted.map((each) => each.text));
      for (const [at, each] of sorted.slice(1).entries()) {
        const before = sorted[at]!;
        expect(before.family < each.family || (before.family === each.family && before.value <= each.value)).toBe(true);
      }
    }),
    RUNS,
  );
});

test('different salts give different underlay addresses, all of them in ff04::/64 and none that a group may have', () => {
  fc.assert(
    fc.property(multicast, fc.nat(255), fc.nat(255), (external, a, b) => {
      const [left, right] = [underlayAddress(external.text, a), underlayAddress(external.text, b)];
      expect(left === right).toBe(a === b);
      const parsed = parseAddress(left)!;
      expect(parsed.value >> 64n).toBe(0xff04n << 48n);
      expect(groupAddressFault(parsed)).not.toBeNull();
      expect(multicastMac(left)).toMatch(/^33:33(:[0-9a-f]{2}){4}$/);
    }),
    RUNS,
  );
});

test('IPv4 groups collide with no other IPv4 group under the first salt', () => {
  fc.assert(
    fc.property(fc.nat(0xfff_ffff), fc.nat(0xfff_ffff), (a, b) => {
      const at = (low: number) => underlayAddress(addressOf(4 as IpFamily, (0xen << 28n) | BigInt(low)).text, 0);
      expect(at(a) === at(b)).toBe(a === b);
    }),
    RUNS,
  );
});

test('a group has a multicast address or none', () => {
  fc.assert(
    fc.property(fc.oneof(address, multicast), (each) => {
      expect(groupAddressFault(each) !== null || isMulticast(each)).toBe(true);
    }),
    RUNS,
  );
});

test('a list cut for one search attribute fits it, keeps its order and gives up no item that fits', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 80 }), { maxLength: 90 }), (raw) => {
      const items = raw.map((item) => item.replaceAll(/["\\]/g, ''));
      const kept = fitsSearchAttribute(items);
      expect(JSON.stringify(kept).length).toBeLessThanOrEqual(LIMITS.searchAttributeBytes);
      expect(kept).toEqual(items.slice(0, kept.length));
      const fits = JSON.stringify(items).length < LIMITS.searchAttributeBytes;
      expect(!fits || kept.length === items.length).toBe(true);
    }),
    RUNS,
  );
});

test('pauses never get shorter, and have a shortest and a longest', () => {
  fc.assert(
    fc.property(fc.nat(5_000), fc.nat(5_000), (a, b) => {
      const [fewer, more] = [Math.min(a, b), Math.max(a, b)];
      expect(retryPause(fewer)).toBeLessThanOrEqual(retryPause(more));
      expect(retryPause(fewer)).toBeGreaterThanOrEqual(LIMITS.retryMinMs);
      expect(retryPause(more)).toBeLessThanOrEqual(LIMITS.retryMaxMs);
    }),
    RUNS,
  );
});

test('nothing is both a name and an id', () => {
  const text = fc.oneof(fc.uuid(), fc.stringMatching(/^[a-z][a-z0-9-]{0,70}$/), fc.string());
  fc.assert(
    fc.property(text, (each) => {
      expect(nameFault(each) === null && isUuid(each)).toBe(false);
    }),
    RUNS,
  );
});

test('an uplink is read from its canonical text only', () => {
  fc.assert(
    fc.property(fc.nat(40), fc.nat(40), (slot, port) => {
      const text = `switch${slot}.qsfp${port}`;
      expect(parseUplink(text)).toEqual(slot <= 31 && port <= 31 ? { slot, port, text } : null);
      expect(parseUplink(`switch0${slot}.qsfp${port}`)).toBeNull();
    }),
    RUNS,
  );
});

test('runs of different events have different ids, and the same events the same', () => {
  const ref = fc.record({ eventId: fc.uuid(), instanceId: fc.uuid(), generation: fc.nat() });
  fc.assert(
    fc.property(ref, ref, (a, b) => {
      expect(lifecycleWorkflowId('start', [a]) === lifecycleWorkflowId('start', [b])).toBe(
        a.eventId === b.eventId && a.instanceId === b.instanceId,
      );
      expect(lifecycleWorkflowId('start', [a])).not.toBe(lifecycleWorkflowId('stop', [a]));
    }),
    RUNS,
  );
});

const observation: fc.Arbitrary<Observation> = fc.oneof(
  fc.constant({ answered: false as const }),
  fc.constant({ answered: true as const, unusable: true as const }),
  fc.record({
    answered: fc.constant(true as const),
    uptime: fc.nat(500),
    now: fc.integer({ min: 1_000, max: 2_000 }),
    multicast: fc.boolean(),
  }),
);

test('a check never puts a switch in service, incarnations only grow, and silence counts up to unreachable', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(observation, fc.nat(20)), { maxLength: 12 }), (seen) => {
      let standing: SwitchStanding = {
        service: 'unreachable',
        incarnation: 0,
        lastSeen: null,
        failures: 0,
        swept: false,
        ports: null,
      };
      for (const [each, secondsAgo] of seen) {
        const next = nextStanding(standing, each);
        expect(next.service).not.toBe('in_service');
        expect(next.incarnation).toBeGreaterThanOrEqual(standing.incarnation);
        const restarted = next.incarnation > standing.incarnation;
        expect(!restarted || (next.service === 'resyncing' && !next.swept)).toBe(true);
        expect(next.failures < LIMITS.healthFailures || next.service === 'unreachable').toBe(true);
        const uptime = 'uptime' in each ? each.uptime : null;
        standing = uptime === null ? next : { ...next, lastSeen: { uptime, secondsAgo } };
      }
    }),
    RUNS,
  );
});
