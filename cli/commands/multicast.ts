/** `rackcast multicast`: the switch for everything. Off, events are accepted and wait; nothing is programmed. */
import type { Command } from 'commander';
import { answer } from '../api-client';
import { define, type Session } from '../command';
import { stateText } from '../words';

export function multicastCommands(program: Command): void {
  const multicast = program.command('multicast').description('whether anything is programmed');
  define(multicast, 'on', 'switch on, and catch up with what waits', (session) => put(session, true));
  define(multicast, 'off', 'switch off: events are accepted and wait', (session) => put(session, false));
  define(multicast, 'status', 'whether it is on', async ({ api, show }) => {
    const settings = await answer(api.GET('/settings/multicast'));
    show(settings, () => `  multicast is ${stateText(settings.enabled ? 'on' : 'off')}`);
  });
}

async function put({ api, show }: Session, enabled: boolean): Promise<void> {
  const settings = await answer(api.PUT('/settings/multicast', { body: { enabled } }));
  show(settings, () => `  multicast is ${stateText(settings.enabled ? 'on' : 'off')}`);
}
