/**
 * What the daemon was asked: counters for benchmarks ("how many writes did this cost?") and the recent requests
 * themselves. Invariant: memory is bounded; every request to the daemon is counted once, also one that was dropped.
 */

const KEPT = 2000;

export interface LoggedRequest {
  /** Milliseconds since the epoch, when it arrived. */
  at: number;
  method: string;
  path: string;
  /** 0: no answer was sent. */
  status: number;
  /** Bytes of the bodies. */
  bytesIn: number;
  bytesOut: number;
  ms: number;
}

interface Counter {
  count: number;
  bytesIn: number;
  bytesOut: number;
  /** Answers by status. */
  statuses: Record<string, number>;
}

export class RequestLog {
  private counters = new Map<string, Counter>();
  private recent: LoggedRequest[] = [];
  private writes = 0;

  /** `template` is the path with its parameters' names, such as `/multicast/groups/{group_ip}`. */
  add(template: string, request: LoggedRequest): void {
    const key = `${request.method} ${template}`;
    const counter = this.counters.get(key) ?? { count: 0, bytesIn: 0, bytesOut: 0, statuses: {} };
    this.counters.set(key, counter);
    counter.count += 1;
    counter.bytesIn += request.bytesIn;
    counter.bytesOut += request.bytesOut;
    counter.statuses[request.status] = (counter.statuses[request.status] ?? 0) + 1;
    if (template.startsWith('/multicast') && ['POST', 'PUT', 'DELETE'].includes(request.method)) this.writes += 1;
    this.recent.push(request);
    if (this.recent.length > 2 * KEPT) this.recent = this.recent.slice(-KEPT);
  }

  summary() {
    const all = [...this.counters.values()];
    const sum = (pick: (counter: Counter) => number) => all.reduce((total, counter) => total + pick(counter), 0);
    return {
      requests: sum((counter) => counter.count),
      /** POST, PUT and DELETE under /multicast. */
      writes: this.writes,
      bytesIn: sum((counter) => counter.bytesIn),
      bytesOut: sum((counter) => counter.bytesOut),
      routes: Object.fromEntries(this.counters),
    };
  }

  /** The last requests, oldest first. */
  last(): LoggedRequest[] {
    return this.recent.slice(-KEPT);
  }

  clear(): void {
    this.counters = new Map();
    this.recent = [];
    this.writes = 0;
  }
}
