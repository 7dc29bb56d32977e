/** The middle of several measurements, and how far they lie apart. */
export interface Summary {
  readonly median: number;
  /** Half of all rounds lie between these. */
  readonly lower: number;
  readonly upper: number;
  readonly most: number;
  readonly rounds: number;
}

export function summarise(values: readonly number[]): Summary {
  const sorted = values.toSorted((first, second) => first - second);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return { median: at(0.5), lower: at(0.25), upper: at(0.75), most: at(1), rounds: sorted.length };
}

/** The same in another order, each order as likely as any. */
export function shuffled<Value>(values: readonly Value[], random: () => number): Value[] {
  const order = [...values];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const chosen = Math.floor(random() * (last + 1));
    [order[last], order[chosen]] = [order[chosen]!, order[last]!];
  }
  return order;
}
