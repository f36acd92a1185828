/** The operator's commands, one noun a file. Wrong usage ends with 2, whichever command it was. */
import type { Command } from 'commander';
import { EXIT } from '../failure';
import { driftCommand } from './drift';
import { eventCommands } from './events';
import { explainCommand } from './explain';
import { groupCommands } from './groups';
import { memberCommands } from './members';
import { multicastCommands } from './multicast';
import { poolCommands } from './pools';
import { reconcileCommand } from './reconcile';
import { roleCommands } from './role';
import { switchCommands } from './switches';
import { tokenCommands } from './token';
import { walkCommand } from './walk';

/** Before the program's other commands, so that they inherit how wrong usage ends. */
export function registerCommands(program: Command): void {
  program.exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage));
  groupCommands(program);
  memberCommands(program);
  poolCommands(program);
  switchCommands(program);
  eventCommands(program);
  driftCommand(program);
  explainCommand(program);
  walkCommand(program);
  reconcileCommand(program);
  multicastCommands(program);
  tokenCommands(program);
  roleCommands(program);
}
