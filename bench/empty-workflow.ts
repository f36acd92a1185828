/** A workflow that does nothing: what Temporal itself costs. Only benchmarks bundle it. */
export async function empty(): Promise<void> {}
