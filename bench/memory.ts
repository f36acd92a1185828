/** Resident memory of the processes while something runs, sampled: whether it is flat. */
import { percentile, round } from './command';
import type { Rack } from './rack';

export class MemoryWatch {
  readonly #samples: Record<string, number[]> = {};
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly rack: Pick<Rack, 'usage'>,
    everyMs = 1_000,
  ) {
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), everyMs);
  }

  /** Stops watching. `first_fifth` and `last_fifth` are means: growth shows between them. */
  figures(): Record<string, Record<string, number>> {
    clearInterval(this.#timer);
    this.#sample();
    const watched = Object.entries(this.#samples).filter(([name]) => ['worker', 'api', 'temporal'].includes(name));
    return Object.fromEntries(
      watched.map(([name, samples]) => {
        const fifth = Math.max(1, Math.floor(samples.length / 5));
        return [
          name,
          {
            start_mb: round(samples[0] ?? 0),
            first_fifth_mb: mean(samples.slice(0, fifth)),
            last_fifth_mb: mean(samples.slice(-fifth)),
            peak_mb: percentile(samples, 1),
            end_mb: round(samples.at(-1) ?? 0),
          },
        ];
      }),
    );
  }

  #sample(): void {
    for (const [name, { rssMb }] of Object.entries(this.rack.usage())) (this.#samples[name] ??= []).push(rssMb);
  }
}

function mean(values: number[]): number {
  return round(values.reduce((sum, value) => sum + value, 0) / values.length);
}
