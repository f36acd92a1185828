/**
 * What the wires of both daemons have in common, because both stand on one HTTP framework. Invariant: it is written here
 * once, for the clients that send and read it and for the simulators that read and send it.
 */
import { z } from 'zod';

/** The version of the API a request is made in, such as `5.0.0`. */
export const API_VERSION_HEADER = 'api-version';

export const ErrorBody = z.object({
  request_id: z.string(),
  message: z.string(),
  /** For a 404 or 409 of the switch daemon this, and not `message`, says what is missing or exists already. */
  error_code: z.string().nullish(),
});
export type ErrorBody = z.infer<typeof ErrorBody>;
