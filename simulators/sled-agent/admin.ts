/**
 * The simulated agent's own admin routes under `/sim/`, beside those every simulator has.
 * Invariant: they need no version header, take no fault, are not counted, and answer while the agent is paused.
 */
import { z } from 'zod';
import type { ApiVersion } from '../../dataplane/sled-agent/wire';
import { handleAdmin, type AdminAnswer, type FaultPlan } from '../faults';
import type { RequestLog } from '../requests';
import type { VmmView, Vmms } from './vmms';

/** Everything one simulated agent is made of; tests may look and turn the same knobs without HTTP. */
export interface SledAgentState {
  sledId: string | null;
  /** The newest API version it serves. */
  apiVersion: ApiVersion;
  readonly vmms: Vmms;
  readonly faults: FaultPlan;
  readonly requests: RequestLog;
}

/** `GET /sim/vmms`. */
export interface SledView {
  sled_id: string | null;
  api_version: ApiVersion;
  auto_register: boolean;
  vmms: VmmView[];
}

const Version = z.strictObject({ version: z.union([z.literal(4), z.literal(5)]) });
const AutoRegister = z.strictObject({ enabled: z.boolean() });

export function admin(state: SledAgentState, method: string, path: string, body: unknown): AdminAnswer {
  const shared = handleAdmin(state, method, path, body);
  if (shared !== null) return shared;
  const ending = /^POST \/sim\/vmms\/([^/]+)\/terminating$/.exec(`${method} ${path}`);
  if (ending !== null) {
    const found = state.vmms.terminate((ending[1] ?? '').toLowerCase());
    return found ? done : { status: 404, body: { message: 'no such VMM' } };
  }
  switch (`${method} ${path}`) {
    case 'GET /sim/vmms':
      return { status: 200, body: view(state) };
    case 'POST /sim/restart':
      state.vmms.forget();
      return done;
    case 'POST /sim/api-version':
      return checked(Version, body, ({ version }) => {
        state.apiVersion = version;
      });
    case 'POST /sim/auto-register':
      return checked(AutoRegister, body, ({ enabled }) => {
        state.vmms.autoRegister = enabled;
      });
    default:
      return { status: 404, body: { message: `no such admin route: ${method} ${path}` } };
  }
}

const done: AdminAnswer = { status: 204, body: null };

function view(state: SledAgentState): SledView {
  return {
    sled_id: state.sledId,
    api_version: state.apiVersion,
    auto_register: state.vmms.autoRegister,
    vmms: state.vmms.view(),
  };
}

function checked<T extends z.ZodType>(schema: T, body: unknown, act: (value: z.output<T>) => void): AdminAnswer {
  const parsed = schema.safeParse(body);
  if (!parsed.success) return { status: 400, body: { message: z.prettifyError(parsed.error) } };
  act(parsed.data);
  return done;
}
