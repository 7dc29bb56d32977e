import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  type AggregationOption,
} from '@opentelemetry/sdk-metrics';
import { MAX_HISTOGRAM_BUCKETS } from './histogram.ts';

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
