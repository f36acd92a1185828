/** What a round has done so far, as Temporal's UI shows it while the workflow runs, and after. */
import { setCurrentDetails } from '@temporalio/workflow';

export class Story {
  readonly #lines: string[] = [];

  constructor(
    private readonly title: string,
    lines: string[] = [],
  ) {
    this.#lines.push(...lines.map((line) => `- ${line}`));
  }

  tell(line: string): void {
    this.#lines.push(`- ${line}`);
    setCurrentDetails(this.text());
  }

  /** Markdown. */
  text(): string {
    return [`**${this.title}**`, '', ...this.#lines].join('\n');
  }
}
