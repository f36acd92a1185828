/** How a command ends when it does not succeed: one line for people, one code for scripts. */
export const EXIT = { ok: 0, failed: 1, usage: 2, drift: 3 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export class CommandError extends Error {
  constructor(
    message: string,
    readonly exitCode: ExitCode = EXIT.failed,
  ) {
    super(message);
    this.name = 'CommandError';
  }
}

export const usage = (message: string) => new CommandError(message, EXIT.usage);
