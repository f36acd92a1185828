/** A simulated switch that refuses a port with 400 in the middle of programming it, as a daemon does that cannot replicate to it. */
import { underlayAddress } from '../../domain/underlay';
import { Refusal } from '../../simulators/dropshot';
import type { TestRack } from './rack';

/** `ip`: only in the group with this external address. Lasts until the switch restarts, or the returned function is called. */
export function refusePort(facing: TestRack['switches'][number], port: string, ip?: string): () => void {
  const { groups } = facing.state.daemon;
  const { pre } = groups;
  const [get, add] = [groups.get.bind(groups), pre.add.bind(pre)];
  const only = ip === undefined ? null : underlayAddress(ip, 0);
  let asked = '';
  groups.get = (address) => {
    asked = address.text;
    return get(address);
  };
  pre.add = (ids, member) => {
    if (member.port === port && (only === null || asked === only)) throw new Refusal(400, `no such port: ${port}`);
    add(ids, member);
  };
  return () => {
    groups.get = get;
    pre.add = add;
  };
}
