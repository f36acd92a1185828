/**
 * The refusals that only the switch daemon has. Invariant: what is missing or exists already goes into the error code;
 * the message only says that something is or does.
 */
import { Refusal } from '../dropshot';

export const missing = (text?: string): Refusal => new Refusal(404, 'Not Found', text);
export const exists = (text?: string): Refusal => new Refusal(409, 'Conflict', text);
export const unavailable = (): Refusal => new Refusal(503, 'Service Unavailable');
export const full = (table: string): Refusal => new Refusal(507, table);
/** The driver's refusal of an argument: its text appears twice. */
export const badArgument = (text: string): Refusal => new Refusal(400, text, `invalid data: ${text}`);
