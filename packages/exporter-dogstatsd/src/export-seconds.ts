/** How many exports are remembered, for points that are kept and sent again. */
const MAX_REMEMBERED = 1000;

/**
 * The seconds that stand for the ends of exports. Two exports never have the same one, even if they follow each other
 * within a second (a flush, a shutdown): of two points of one series and one second, Datadog keeps the last.
 *
 * @example
 * const secondOf = createExportSeconds();
 * secondOf(1_700_000_000_100); // 1_700_000_000
 * secondOf(1_700_000_000_900); // 1_700_000_001
 */
export function createExportSeconds(): (endMillis: number) => number {
  const remembered = new Map<number, number>();
  let last = 0;
  return (endMillis) => {
    const known = remembered.get(endMillis);
    if (known !== undefined) return known;
    last = Math.max(Math.floor(endMillis / 1000), last + 1);
    remembered.set(endMillis, last);
    for (const oldest of remembered.keys()) {
      if (remembered.size <= MAX_REMEMBERED) break;
      remembered.delete(oldest);
    }
    return last;
  };
}
