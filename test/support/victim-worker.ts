/** The process of victim.ts. */
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import pino from 'pino';
import { createActivities } from '../../activities';
import { sledAgents } from '../../activities/agents';
import { Directory } from '../../dataplane/directory';
import { createDpdClient } from '../../dataplane/dpd/client';
import { openDatabase } from '../../db/client';
import { LIMITS } from '../../domain/limits';
import { createTemporal } from '../../temporal/client';
import { Injector } from './injector';
import type { VictimOrder, VictimReport, VictimSpec } from './victim';

async function live({
  databaseUrl,
  temporalAddress,
  taskQueue,
  codePath,
  holds,
  at,
  visibleSteps,
}: VictimSpec): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const say = (report: VictimReport) => process.send?.(report);
  const injector = new Injector();
  const held = holds.map((call, number) => {
    const hold = injector.hold(call, at);
    void hold.reached.then(() => say({ held: number }));
    return hold;
  });
  const connection = await NativeConnection.connect({ address: temporalAddress });
  const { db } = openDatabase(databaseUrl, 12);
  const log = pino({ level: 'silent' });
  const activities = createActivities({
    db,
    switches: new Directory((address) => createDpdClient({ address, timeoutMs: LIMITS.switchCallMs, connections: 8 })),
    sleds: sledAgents(db, log),
    temporal: createTemporal({ connection, namespace: 'default', taskQueue }),
    log,
    visibleSteps,
  });
  const worker = await Worker.create({
    connection,
    namespace: 'default',
    taskQueue,
    workflowBundle: { codePath },
    activities: injector.wrap(activities),
    shutdownGraceTime: '10m',
  });
  process.on('message', (order: VictimOrder) => {
    if (order === 'retire') return worker.shutdown();
    for (const { release } of held) release();
    void Promise.all(held.map(({ ended }) => ended)).then(() => say('ended'));
  });
  process.on('disconnect', () => process.exit(0));
  await worker.run();
}

void live(JSON.parse(process.argv[2] ?? '') as VictimSpec);
