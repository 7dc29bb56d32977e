/** Stands for what is another text each time. */
const ANY = '…';

/** Whether a text is what a page states. */
export function matches(stated: string, text: string): boolean {
  const pattern = stated
    .split(ANY)
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join('[^]*?');
  return new RegExp(`^${pattern}$`).test(text);
}

/**
 * The lines of a text in the order in which a page states them, so that the two can be compared. Lines that the page doesn't
 * state come last, as they are; a line that fits a statement is written as the statement is.
 */
export function inStatedOrder(stated: readonly string[], lines: readonly string[]): string[] {
  const rest = [...lines];
  // A statement without a gap may fit a line that one with a gap fits as well.
  const byPrecision = stated.toSorted((a, b) => a.split(ANY).length - b.split(ANY).length);
  const found = new Map<string, number>();
  for (const statement of byPrecision) {
    const index = rest.findIndex((line) => matches(statement, line));
    if (index === -1) continue;
    rest.splice(index, 1);
    found.set(statement, (found.get(statement) ?? 0) + 1);
  }
  const ordered = stated.filter((statement) => {
    const left = found.get(statement) ?? 0;
    found.set(statement, left - 1);
    return left > 0;
  });
  return [...ordered, ...rest];
}
