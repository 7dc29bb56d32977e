export { bitReversed } from './bit-reversed.ts';
export {
  intervals,
  mergeHistograms,
  quantile,
  quantiles,
  rankMeans,
  toExponential,
  type Interval,
} from './histogram.ts';
export { millisOfUnit } from './units.ts';
