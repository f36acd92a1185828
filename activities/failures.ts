/**
 * Errors leave activities in one form: an ApplicationFailure whose type is a code of the error table, retryable or not as the
 * table says. Nothing above matches on texts.
 */
import { ApplicationFailure } from '@temporalio/common';
import { CodedError, ERRORS, isCoded } from '../domain/errors';

/** Runs `work`; a coded error becomes a failure of its code. `last`: this attempt is the last that a retryable error gets. */
export async function asFailures<T>(where: string, last: boolean, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isCoded(error)) throw error;
    const message = `${where}: ${error.message}`;
    throw ApplicationFailure.create({
      type: error.code,
      message,
      nonRetryable: last || !ERRORS[error.code].retry,
    });
  }
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A daemon that does not answer: its service state decides, not the number of attempts. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'Unreachable';
}
