/** The operator's tool. It talks to the APIs; `start` and `simulate` bring up what they talk to. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { loadStackConfig } from '../config';
import { registerCommands } from './commands';
import { projectRoot } from './stack/root';
import { runStack } from './stack/start';
import { simulateSledAgent, simulateSwitch } from './simulate';

const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string };

const program = new Command('rackcast')
  .description("Keeps a rack's multicast groups in step: database, switches and sleds.")
  .version(version);

registerCommands(program);

program
  .command('start')
  .description('run the whole stack on this machine until Ctrl-C')
  .action(async () => {
    process.exitCode = await runStack(loadStackConfig());
  });

program
  .command('migrate')
  .description('bring the database (DATABASE_URL) to the schema of this version')
  .action(() => {
    const { status } = spawnSync(process.execPath, [join(projectRoot, 'dist', 'db', 'migrate.js')], {
      stdio: 'inherit',
    });
    process.exitCode = status ?? 1;
  });

const simulate = program.command('simulate').description('run one simulated part of a rack by itself');
const listen = (): Option =>
  new Option('--listen <host:port>', 'where to listen; port 0 takes any').makeOptionMandatory();

simulate
  .command('switch')
  .description("a switch's daemon (DPD) as its HTTP API shows it")
  .addOption(listen())
  .addOption(new Option('--api-version <version>', 'newest API it speaks').choices(['13', '1']).default('13'))
  .option('--no-multicast', 'as a daemon built without multicast: its endpoints answer 501')
  .action(simulateSwitch);

simulate
  .command('sled-agent')
  .description("a sled's agent as its HTTP API shows it")
  .addOption(listen())
  .addOption(new Option('--api-version <version>', 'newest API it speaks').choices(['4', '5']).default('5'))
  .option('--sled-id <uuid>', 'whose agent it is')
  .action(simulateSledAgent);

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`rackcast: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
