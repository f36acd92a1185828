/**
 * The simulated rack of a benchmark, as programs of their own: one switch, or all the sleds in one process (each with a port of its
 * own). Tables have no end here unless that is what is measured: no other figure should be that of a table that is full.
 *
 *   node dist/bench/simulators.js switch <port> none|real
 *   node dist/bench/simulators.js sleds <id>=<port> …
 */
import { startSledAgentSimulator } from '../simulators/sled-agent/server';
import { startSwitchSimulator } from '../simulators/switch/server';

const HOST = '127.0.0.1';

async function main([what, ...rest]: string[]): Promise<void> {
  if (what === 'switch') {
    await startSwitchSimulator({
      host: HOST,
      port: Number(rest[0]),
      apiLevel: 13,
      limits: rest[1] === 'real' ? 'real' : 'none',
    });
    return;
  }
  for (const sled of rest) {
    const [sledId = '', port] = sled.split('=');
    await startSledAgentSimulator({ host: HOST, port: Number(port), apiVersion: 5, sledId });
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(0));

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`simulators: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
