/** The operator's commands as their users type them, in this process: what they print and how they end. */
import { Command } from 'commander';
import { registerCommands } from '../../cli/commands';

export interface Ended {
  code: number;
  out: string;
  err: string;
}

class Exited extends Error {
  constructor(readonly code: number) {
    super(`exit ${code}`);
  }
}

/** Runs one command line against the API with these credentials; colours are off because nobody watches. */
export async function run(access: string[], ...line: string[]): Promise<Ended> {
  const ended: Ended = { code: 0, out: '', err: '' };
  const collect = (into: 'out' | 'err') => (chunk: unknown) => {
    ended[into] += String(chunk);
    return true;
  };
  const spies = [
    jest.spyOn(process.stdout, 'write').mockImplementation(collect('out')),
    jest.spyOn(process.stderr, 'write').mockImplementation(collect('err')),
    jest.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Exited(Number(code ?? 0));
    }),
  ];
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    const program = new Command('rackcast');
    registerCommands(program);
    await program.parseAsync([...line, ...access], { from: 'user' });
    ended.code = Number(process.exitCode ?? 0);
  } catch (error) {
    if (!(error instanceof Exited)) throw error;
    ended.code = error.code;
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
  }
  return ended;
}
