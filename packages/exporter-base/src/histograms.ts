/**
 * The arithmetic of histograms: merging, quantiles, units.
 *
 * @module @tallykit/exporter-base/histograms
 */

export { bitReversed } from './histogram/bit-reversed.ts';
export { intervals, type Interval } from './histogram/histogram.ts';
export { mergeHistograms } from './histogram/merge.ts';
export { quantile, quantiles, rankMeans } from './histogram/ranks.ts';
export { toExponential } from './histogram/exponential.ts';
export { millisOfUnit } from './histogram/units.ts';
