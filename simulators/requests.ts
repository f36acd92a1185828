/**
 * What a simulator was asked: totals per endpoint and the last requests one by one, for tests and benchmarks that count
 * writes. Invariant: totals cover everything since the last clearing, requests without an answer included; the list of
 * single requests never grows beyond its capacity.
 */

/** One served request. `template` is the path with its variables named (`/vmms/{propolis_id}`); `status` 0 = no answer. */
export interface RequestNote {
  method: string;
  template: string;
  /** Path and query as they came; the template if left out. */
  path?: string;
  bytesIn: number;
  bytesOut: number;
  status: number;
  /** Epoch milliseconds with a fraction; now if left out. */
  arrived?: number;
}

/** A request in the log: ISO time, and epoch milliseconds with a fraction, so that logs of several simulators can be merged. */
export interface LoggedRequest {
  /** In the order of the answers. */
  seq: number;
  /** When it arrived. */
  at: string;
  epoch_ms: number;
  /** From its arrival to its answer. */
  ms: number;
  method: string;
  template: string;
  path: string;
  status: number;
  bytes_in: number;
  bytes_out: number;
}

interface Totals {
  requests: number;
  bytes_in: number;
  bytes_out: number;
}

export interface EndpointCounter extends Totals {
  method: string;
  template: string;
  /** Answers by status; key `0` counts requests without one. */
  statuses: Record<string, number>;
}

export interface RequestSummary extends Totals {
  /** Requests that may have changed the state the simulator stands for. */
  writes: number;
}

export interface RequestCounters extends RequestSummary {
  /** Sorted by template, then method. */
  endpoints: EndpointCounter[];
}

export interface RequestLogOptions {
  /** How many single requests are kept; the oldest go first. Default 10,000. */
  capacity?: number;
  /** What counts as a write. Default: whatever is neither GET nor HEAD. */
  isWrite?: (method: string, template: string) => boolean;
}

export class RequestLog {
  private readonly endpoints = new Map<string, EndpointCounter>();
  private readonly capacity: number;
  private readonly isWrite: (method: string, template: string) => boolean;
  private log: LoggedRequest[] = [];
  private seq = 0;
  private writes = 0;

  constructor({ capacity = 10_000, isWrite = isUnsafe }: RequestLogOptions = {}) {
    this.capacity = capacity;
    this.isWrite = isWrite;
  }

  note(request: RequestNote): void {
    const counter = this.counterOf(request.method, request.template);
    counter.requests += 1;
    counter.statuses[request.status] = (counter.statuses[request.status] ?? 0) + 1;
    counter.bytes_in += request.bytesIn;
    counter.bytes_out += request.bytesOut;
    if (this.isWrite(request.method, request.template)) this.writes += 1;
    this.append(request);
  }

  /** The totals alone. */
  summary(): RequestSummary {
    const { endpoints: _endpoints, ...totals } = this.counters();
    return totals;
  }

  /** The totals, and the same per endpoint. */
  counters(): RequestCounters {
    const endpoints = [...this.endpoints.values()].map((counter) => structuredClone(counter));
    endpoints.sort((a, b) => compare(a.template, b.template) || compare(a.method, b.method));
    const sum = (of: (counter: EndpointCounter) => number) => endpoints.reduce((total, one) => total + of(one), 0);
    return {
      requests: sum((one) => one.requests),
      writes: this.writes,
      bytes_in: sum((one) => one.bytes_in),
      bytes_out: sum((one) => one.bytes_out),
      endpoints,
    };
  }

  /** The last requests, oldest first. */
  recent(): LoggedRequest[] {
    return this.log.slice(-this.capacity);
  }

  /** Forgets totals and single requests; `seq` goes on growing. */
  clear(): void {
    this.endpoints.clear();
    this.writes = 0;
    this.log = [];
  }

  private counterOf(method: string, template: string): EndpointCounter {
    const key = `${method} ${template}`;
    const counter = this.endpoints.get(key) ?? {
      method,
      template,
      requests: 0,
      statuses: {},
      bytes_in: 0,
      bytes_out: 0,
    };
    this.endpoints.set(key, counter);
    return counter;
  }

  private append({ method, template, path = template, status, bytesIn, bytesOut, arrived }: RequestNote): void {
    const now = epochMs();
    const epoch_ms = arrived ?? now;
    const at = new Date(epoch_ms).toISOString();
    this.seq += 1;
    const size = { bytes_in: bytesIn, bytes_out: bytesOut };
    this.log.push({ seq: this.seq, at, epoch_ms, ms: now - epoch_ms, method, template, path, status, ...size });
    // Cut in blocks: shifting one element per request would move the whole list every time.
    if (this.log.length >= this.capacity * 2) this.log = this.log.slice(-this.capacity);
  }
}

/** Epoch milliseconds that never go backwards. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

const isUnsafe = (method: string): boolean => method !== 'GET' && method !== 'HEAD';

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
