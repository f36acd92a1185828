/**
 * The operator's hold on a simulator, the same for every kind: faults, the log of requests, pause and restart; for tests
 * in the same process and, through `/sim/`, for others. Invariant: nothing here is visible to a client of the daemon but
 * through the daemon's own behaviour.
 */
import { z } from 'zod';
import { FaultPlan } from './faults';
import { RequestLog, type RequestLogOptions } from './requests';

/** `hang`: requests wait and are served after `resume`. `reset`: their connections are cut. */
export const PauseMode = z.enum(['hang', 'reset']);
export type PauseMode = z.output<typeof PauseMode>;

export abstract class OperatedState {
  readonly faults = new FaultPlan();
  readonly requests: RequestLog;
  private gate: Gate | null = null;

  constructor(log: RequestLogOptions = {}) {
    this.requests = new RequestLog(log);
  }

  /** As when the process is started again: what the daemon kept is lost. Faults, counters and a pause stay. */
  abstract restart(): void;

  /** May be called again to change the mode; requests that wait then follow the new one. */
  pause(mode: PauseMode = 'hang'): void {
    const before = this.gate;
    this.gate = closedGate(mode);
    before?.open();
  }

  resume(): void {
    this.gate?.open();
    this.gate = null;
  }

  get paused(): PauseMode | null {
    return this.gate?.mode ?? null;
  }

  /** Waits while the simulator hangs. False: the connection is to be cut. Wait for it before a request does anything. */
  async admitted(): Promise<boolean> {
    while (this.gate !== null) {
      if (this.gate.mode === 'reset') return false;
      await this.gate.opened;
    }
    return true;
  }
}

interface Gate {
  mode: PauseMode;
  opened: Promise<void>;
  open: () => void;
}

function closedGate(mode: PauseMode): Gate {
  let open!: () => void;
  const opened = new Promise<void>((done) => {
    open = done;
  });
  return { mode, opened, open };
}
