/** Uniform in [0, 1), the same numbers for the same seed: a counter, its bits mixed as MurmurHash3 finishes a hash. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e37_79b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85eb_ca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal, by Box and Muller. */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Pareto with minimum 1: for α = 1.5 the mean is 3 and the variance infinite. */
export function pareto(random: () => number, alpha: number): number {
  return (1 - random()) ** (-1 / alpha);
}
