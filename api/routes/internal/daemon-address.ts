/** Where a daemon listens: a URL, or `host:port` as people write it. Stored in one form, as a URL without a path. */
import { z } from 'zod';
import { shownAs } from '../../wire';

export const DaemonAddress = z
  .string()
  .max(300)
  .transform((text, context) => {
    const url = URL.parse(/^https?:\/\//i.test(text) ? text : `http://${text}`);
    const plain = url !== null && (url.pathname === '/' || url.pathname === '') && url.search === '' && url.hash === '';
    if (url !== null && plain && url.username === '' && url.hostname !== '' && !/\s/.test(text)) return url.origin;
    context.addIssue({ code: 'custom', message: 'expected host:port or an http URL without a path' });
    return z.NEVER;
  })
  .meta({ override: shownAs({ type: 'string', description: 'host:port, or an http URL without a path' }) });
