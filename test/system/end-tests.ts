/** Ctrl-C ends everything, and the next start goes on where the last one was. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { newProject, outcomes, portOf, portsBecome } from './fleet';
import type { SystemStack } from './stack';

export function endTests(stack: () => SystemStack): void {
  test('Ctrl-C leaves no process, and a second start resumes on the same data', async () => {
    const project = await newProject(stack());
    const group = await project.group('lasting');
    const vm = project.vm();
    expect(await outcomes(project, [await vm.create(['lasting']), await vm.start(3)])).toContain('succeeded');
    const before = { token: stack().file.token, events: await eventCount(stack()) };

    expect(await stack().stop()).toEqual({ code: 0, left: [] });
    expect(existsSync(join(stack().settings.dataDir, 'lock'))).toBe(false);

    await stack().start();
    expect(stack().launched.output).not.toContain('lifecycle events');
    expect({ token: stack().file.token, events: await eventCount(stack()) }).toEqual(before);
    // The simulated switches came back empty.
    await portsBecome(stack(), group.ip, [portOf(3)]);
    expect(await outcomes(project, [await vm.stop()])).toEqual(['succeeded']);
    await portsBecome(stack(), group.ip, []);
    expect(await stack().stop()).toEqual({ code: 0, left: [] });
  });
}

async function eventCount({ db }: SystemStack): Promise<number> {
  const rows = await db.execute<{ count: number }>(sql`select count(*)::int as count from instance_event`);
  return rows[0]!.count;
}
