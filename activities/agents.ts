/**
 * The sleds' agents: one client for each, whose version the registry remembers, and what reconciliation asks them: whether an old
 * one has been upgraded, and to leave groups that are gone. What an agent speaks is learned from itself, by whichever call meets it first.
 */
import type { Logger } from 'pino';
import { agentsToAsk, rememberVersion, tellAgain } from '../db/agent-versions';
import type { Db } from '../db/client';
import { forgetFlows, orphanFlows } from '../db/orphan-flows';
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

  /** What a sled does not confirm now is asked again by the next pass. */
  async function leaveGoneGroups(): Promise<void> {
    const asked = await Promise.all(
      (await orphanFlows(db)).map(async (flow) => {
        const { agentAddress, propolisId, groupIp, sources } = flow;
        const membership = { group_ip: groupIp, sources: sources === '' ? [] : sources.split(',') };
        try {
          if (agentAddress !== null) await sleds.at(agentAddress).leaveGroup(propolisId, membership);
          return [flow];
        } catch (error) {
          if (isCoded(error)) return [];
          throw error;
        }
      }),
    );
    await forgetFlows(db, asked.flat());
  }

  return {
    /**
     * Asks the agents that were too old for groups, all at once and each within its deadline. Members of those that are not too
     * old any more are to be joined for real. Returns how many. On the way, NICs leave groups that are gone.
     */
    async askOldAgents(): Promise<number> {
      await leaveGoneGroups();
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
