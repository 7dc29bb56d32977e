/** What a line of a timing says: a value, and how many timings it stands for. */
export interface WeightedSample {
  readonly value: number;
  readonly weight: number;
}

// What a server computes that counts each sample `weight` times, as the Datadog Agent, the Collector and Vector do.

export function totalWeight(samples: readonly WeightedSample[]): number {
  return samples.reduce((total, { weight }) => total + weight, 0);
}

export function weightedMean(samples: readonly WeightedSample[]): number {
  const count = totalWeight(samples);
  return samples.reduce((mean, { value, weight }) => mean + value * (weight / count), 0);
}

/** The nearest rank. */
export function weightedPercentile(samples: readonly WeightedSample[], percent: number): number {
  const ascending = samples.toSorted((one, other) => one.value - other.value);
  const rank = Math.max(Math.ceil((percent * totalWeight(samples)) / 100), 1);
  let before = 0;
  return ascending.find(({ weight }) => (before += weight) >= rank)!.value;
}
