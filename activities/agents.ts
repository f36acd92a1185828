/**
 * The sleds' agents: one client for each, whose version the registry remembers, and the question whether an old one has been
 * upgraded. What an agent speaks is learned from itself, by whichever call meets it first.
 */
import type { Logger } from 'pino';
import { agentsToAsk, rememberVersion, tellAgain } from '../db/agent-versions';
import type { Db } from '../db/client';
import { Directory } from '../dataplane/directory';
import { createSledAgentClient, type SledAgentClient } from '../dataplane/sled-agent/client';
import { isCoded } from '../domain/errors';
import { LIMITS } from '../domain/limits';
import type { Deps } from './deps';
import { textOf } from './failures';
import { wakeAll } from './wake';

/** Clients that write down which version their agent turns out to speak. */
export function sledAgents(db: Db, log: Logger): Directory<SledAgentClient> {
  return new Directory((address) =>
    createSledAgentClient({
      address,
      timeoutMs: LIMITS.sledCallMs,
      connections: LIMITS.sledConnections,
      onVersion: (version) => {
        rememberVersion(db, address, version).catch((error: unknown) =>
          log.warn({ address, version, reason: textOf(error) }, "the agent's version was not written down"),
        );
      },
    }),
  );
}

export function agentActivities({ db, sleds, temporal, log }: Deps) {
  /** Null: it does not say at the moment. */
  async function versionOf(address: string): Promise<4 | 5 | null> {
    try {
      return await sleds.at(address).negotiate();
    } catch (error) {
      if (isCoded(error)) return null;
      throw error;
    }
  }

  return {
    /**
     * Asks the agents that were too old for groups, all at once and each within its deadline. Members of those that are not too
     * old any more are to be joined for real. Returns how many.
     */
    async askOldAgents(): Promise<number> {
      const told = await Promise.all(
        (await agentsToAsk(db)).map(async ({ sledId, address }) => {
          const version = await versionOf(address);
          if (version === null) return 0;
          await rememberVersion(db, address, version);
          if (version < 5) return 0;
          const { flows, requests } = await tellAgain(db, sledId);
          await wakeAll(
            temporal,
            requests.filter((request) => request.wake).map(({ groupId, ip, name }) => ({ id: groupId, ip, name })),
          );
          if (flows > 0) log.info({ sled: sledId, members: flows }, 'the agent knows groups by now');
          return flows;
        }),
      );
      return told.reduce((sum, flows) => sum + flows, 0);
    },
  };
}
