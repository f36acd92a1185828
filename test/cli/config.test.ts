/** Settings: defaults, and one clear line for each that is wrong. */
import { ConfigError, parseConfig } from '../../config';

const nothing = { TEMPORAL_CONFIG_FILE: '/nonexistent/temporal.toml' };

function linesOf(environment: Record<string, string>): string[] {
  try {
    parseConfig({ ...nothing, ...environment });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.lines;
    throw error;
  }
}

test('without settings everything is on loopback, at its documented port', () => {
  const config = parseConfig(nothing);
  expect(config.externalApi).toEqual({ host: '127.0.0.1', port: 12_220 });
  expect(config.internalApi).toEqual({ host: '127.0.0.1', port: 12_221 });
  expect(config.temporal).toMatchObject({ address: undefined, namespace: 'default', taskQueue: 'rackcast' });
  expect(config.multicastEnabled).toBeUndefined();
});

test('a port base moves the whole stack, a single setting wins over it', () => {
  const config = parseConfig({ ...nothing, RACKCAST_PORT_BASE: '20000', RACKCAST_EXTERNAL_API: '[::1]:1' });
  expect(config.externalApi).toEqual({ host: '::1', port: 1 });
  expect(config.internalApi.port).toBe(20_001);
  expect(config.stackPorts).toEqual({
    temporal: 20_002,
    temporalUi: 20_003,
    switches: 20_004,
    sleds: 20_006,
    postgres: 20_012,
  });
});

test('an empty value is an unset one', () => {
  expect(parseConfig({ ...nothing, RACKCAST_PORT_BASE: '', CI: '' }).externalApi.port).toBe(12_220);
});

test('each wrong setting has a line of its own, and secrets are not repeated', () => {
  const lines = linesOf({
    RACKCAST_MULTICAST_ENABLED: 'yes',
    RACKCAST_EXTERNAL_API: '12220',
    RACKCAST_INTERNAL_API: 'host:99999',
    RACKCAST_RECONCILE_EVERY: 'often',
    RACKCAST_INTERNAL_TOKEN: 'short-secret',
    DATABASE_URL: 'mysql://user:secret@host/db',
  });
  expect(lines).toHaveLength(6);
  expect(lines.join('\n')).not.toContain('secret');
  for (const line of lines) expect(line).toMatch(/^[A-Z_]+(=\S+)?: .+$/);
});

test('durations, lists and switches are read as they are written', () => {
  const config = parseConfig({
    ...nothing,
    RACKCAST_RECONCILE_EVERY: '2m',
    RACKCAST_SWITCHES: ' http://a:1, http://b:2,',
  });
  expect(config.reconcileEvery).toBe(120_000);
  expect(config.switches).toEqual(['http://a:1', 'http://b:2']);
});

test("Temporal's own settings mean a Temporal of one's own", () => {
  const config = parseConfig({ ...nothing, TEMPORAL_ADDRESS: 'temporal.example:7233', TEMPORAL_NAMESPACE: 'racks' });
  expect(config.temporal).toMatchObject({ address: 'temporal.example:7233', namespace: 'racks' });
});
