/**
 * Histories as JSON files. Not `historyToJSON`: that compares classes of protobufjs, of which npm installs the SDK's packages a
 * copy each, and then refuses. These files hold the same fields, stack traces without where the project was; times are seconds and
 * nanoseconds, payloads base64.
 */
import { temporal } from '@temporalio/proto';
import { projectRoot } from '../../cli/stack/root';

const { History } = temporal.api.history.v1;
export type History = temporal.api.history.v1.IHistory;

export function historyToText(history: History): string {
  const plain = History.toObject(History.fromObject(history), { enums: String, longs: String, bytes: String });
  return `${JSON.stringify(plain, null, 1).replaceAll(`${projectRoot}/`, '')}\n`;
}

export const historyFromText = (text: string): History => History.fromObject(JSON.parse(text) as object);
