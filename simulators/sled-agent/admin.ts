/**
 * The simulated agent's own admin routes under `/sim/`, beside those every simulator has. Invariant: an upgrade or a
 * downgrade is one step; a request sees the agent before or after it.
 */
import { z } from 'zod';
import type { ApiVersion } from '../../dataplane/sled-agent/wire';
import { checked, refused, type AdminRoutes } from '../admin';
import { noContent, ok } from '../dropshot';
import type { SledAgentState } from './state';
import type { VmmView } from './vmms';

/** `GET /sim/vmms`. */
export interface SledView {
  sled_id: string | null;
  api_version: ApiVersion;
  auto_register: boolean;
  vmms: VmmView[];
}

const Version = z.strictObject({ version: z.union([z.literal(4), z.literal(5)]) });
const AutoRegister = z.strictObject({ enabled: z.boolean() });

export function adminOf(state: SledAgentState): AdminRoutes {
  return (method, path, body) => {
    const ending = /^POST \/sim\/vmms\/([^/]+)\/terminating$/.exec(`${method} ${path}`);
    if (ending !== null) {
      const found = state.vmms.terminate((ending[1] ?? '').toLowerCase());
      return found ? noContent : refused(404, 'no such VMM');
    }
    switch (`${method} ${path}`) {
      case 'GET /sim/vmms':
        return ok(sledView(state));
      case 'POST /sim/api-version':
        return checked(Version, body, ({ version }) => {
          state.apiVersion = version;
          return noContent;
        });
      case 'POST /sim/auto-register':
        return checked(AutoRegister, body, ({ enabled }) => {
          state.vmms.autoRegister = enabled;
          return noContent;
        });
      default:
        return null;
    }
  };
}

export function sledView(state: SledAgentState): SledView {
  return {
    sled_id: state.sledId,
    api_version: state.apiVersion,
    auto_register: state.vmms.autoRegister,
    vmms: state.vmms.view(),
  };
}
