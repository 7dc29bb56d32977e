import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  type AggregationOption,
} from '@opentelemetry/sdk-metrics';

/**
 * How many buckets the positive and the negative half of an exponential histogram may have. With the SDK's own
 * default of 160, quantiles of long-tailed timings are up to 5 % off; with 640 they are within 2 %.
 */
export const MAX_HISTOGRAM_BUCKETS = 640;

/** Delta for what adds up at the server; cumulative for the up-down kinds, whose current value is what counts. */
export function selectAggregationTemporality(instrumentType: InstrumentType): AggregationTemporality {
  switch (instrumentType) {
    case InstrumentType.UP_DOWN_COUNTER:
    case InstrumentType.OBSERVABLE_UP_DOWN_COUNTER:
      return AggregationTemporality.CUMULATIVE;
    default:
      return AggregationTemporality.DELTA;
  }
}

/** Exponential histograms for histogram instruments, and the default for all others. */
export function selectAggregation(instrumentType: InstrumentType): AggregationOption {
  return instrumentType === InstrumentType.HISTOGRAM
    ? {
        type: AggregationType.EXPONENTIAL_HISTOGRAM,
        options: { maxSize: MAX_HISTOGRAM_BUCKETS, recordMinMax: true },
      }
    : { type: AggregationType.DEFAULT };
}
