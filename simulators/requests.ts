/**
 * What a simulator was asked: totals per endpoint and the last requests one by one, for tests and benchmarks that count writes.
 * Invariant: totals cover everything since the last reset; the list of single requests never grows beyond its capacity.
 */

/** One answered request. `template` is the path with its variables named (`/vmms/{propolis_id}`); `status` 0 = connection dropped. */
export interface RequestNote {
  method: string;
  template: string;
  /** The path as it came, without its query. */
  path?: string;
  bytesIn: number;
  bytesOut: number;
  status: number;
}

/** A request in the log: ISO time, and epoch milliseconds with a fraction, so that logs of several simulators can be merged. */
export interface LoggedRequest {
  seq: number;
  at: string;
  epoch_ms: number;
  method: string;
  template: string;
  path: string;
  status: number;
  bytes_in: number;
  bytes_out: number;
}

export interface EndpointCounter {
  method: string;
  template: string;
  requests: number;
  /** Answers by status; key `0` counts dropped connections. */
  statuses: Record<string, number>;
  bytes_in: number;
  bytes_out: number;
}

export interface RequestCounters {
  requests: number;
  bytes_in: number;
  bytes_out: number;
  /** Sorted by template, then method. */
  endpoints: EndpointCounter[];
}

export class RequestLog {
  private readonly endpoints = new Map<string, EndpointCounter>();
  private log: LoggedRequest[] = [];
  private seq = 0;

  /** `capacity`: how many single requests are kept; the oldest go first. */
  constructor(private readonly capacity = 10_000) {}

  note(request: RequestNote): void {
    const key = `${request.method} ${request.template}`;
    let counter = this.endpoints.get(key);
    if (counter === undefined) {
      counter = {
        method: request.method,
        template: request.template,
        requests: 0,
        statuses: {},
        bytes_in: 0,
        bytes_out: 0,
      };
      this.endpoints.set(key, counter);
    }
    counter.requests += 1;
    counter.statuses[request.status] = (counter.statuses[request.status] ?? 0) + 1;
    counter.bytes_in += request.bytesIn;
    counter.bytes_out += request.bytesOut;
    this.append(request);
  }

  counters(): RequestCounters {
    const endpoints = [...this.endpoints.values()].map((counter) => ({
      ...counter,
      statuses: { ...counter.statuses },
    }));
    endpoints.sort((a, b) => compare(a.template, b.template) || compare(a.method, b.method));
    const sum = (of: (counter: EndpointCounter) => number) => endpoints.reduce((total, one) => total + of(one), 0);
    return {
      requests: sum((one) => one.requests),
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
  reset(): void {
    this.endpoints.clear();
    this.log = [];
  }

  private append(request: RequestNote): void {
    const epochMs = performance.timeOrigin + performance.now();
    this.seq += 1;
    this.log.push({
      seq: this.seq,
      at: new Date(epochMs).toISOString(),
      epoch_ms: epochMs,
      method: request.method,
      template: request.template,
      path: request.path ?? request.template,
      status: request.status,
      bytes_in: request.bytesIn,
      bytes_out: request.bytesOut,
    });
    // Cut in blocks: shifting one element per request would move the whole list every time.
    if (this.log.length >= this.capacity * 2) this.log = this.log.slice(-this.capacity);
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
