/** A round in words, as Temporal's UI shows it. */

interface Committed {
  members: Record<'joined' | 'left' | 'removed' | 'waiting', number>;
  outcome: string;
  reason: string | null;
}

/** What a commit has brought; null: a newer round had begun. */
export function committedLine(committed: Committed | null, partial: boolean): string {
  if (committed === null) return 'a newer round has begun: nothing committed';
  const counts = Object.entries(committed.members).filter(([, count]) => count > 0);
  const parts = [...counts.map(([what, count]) => `${count} ${what}`), committed.reason];
  const said = parts.filter((part) => part !== null).join(', ') || 'nothing changed';
  return `${partial ? 'so far' : committed.outcome}: ${said}`;
}
