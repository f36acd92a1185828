/** A rack's daemons as the packet walk reads them: in one moment where they are in this process, else over HTTP. */
import { readSled, readSwitch, type WalkSled, type WalkSwitch } from '../../simulators/walk/walk';

/** What a rack has to have, in this process or out of it. */
export interface Walkable {
  switches: readonly { id: string; address: string; state?: { dump(): unknown } }[];
  sleds: readonly {
    id: string;
    port: string;
    state: { apiVersion: 4 | 5; vmms: { view(): unknown[] } };
  }[];
}

export interface Daemons {
  switches: WalkSwitch[];
  sleds: WalkSled[];
}

/** Nothing else runs between the first and the last reading. Throws for a rack whose switches are elsewhere. */
export function readDaemons({ switches, sleds }: Walkable): Daemons {
  return {
    switches: switches.map(({ id, state }) => {
      if (state === undefined) throw new Error(`switch ${id} is not in this process`);
      return readSwitch(id, asSent(state.dump()));
    }),
    sleds: readSleds(sleds),
  };
}

export async function fetchDaemons(rack: Walkable): Promise<Daemons> {
  if (rack.switches.every(({ state }) => state !== undefined)) return readDaemons(rack);
  const switches = await Promise.all(
    rack.switches.map(async ({ id, address }) => {
      const base = address.includes('://') ? address : `http://${address}`;
      return readSwitch(id, await (await fetch(new URL('/sim/dump', base))).json());
    }),
  );
  return { switches, sleds: readSleds(rack.sleds) };
}

const readSleds = (sleds: Walkable['sleds']): WalkSled[] =>
  sleds.map(({ id, port, state }) =>
    readSled(id, port, asSent({ api_version: state.apiVersion, vmms: state.vmms.view() })),
  );

/** As it would come over HTTP. */
const asSent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
