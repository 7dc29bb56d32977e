import { AggregationTemporality, type MetricData } from '@opentelemetry/sdk-metrics';
import { sumData } from '../recording/metric-data.ts';
import type { ConformanceFacts } from './conformance-subject.ts';

/** A counter that was increased by one, in the temporality that the exporter reads. It takes any name. */
export function increaseByOne(
  { temporality }: ConformanceFacts,
  name: string,
  attributes: Record<string, string> = {},
): MetricData {
  const { DELTA, CUMULATIVE } = AggregationTemporality;
  return sumData(name, 1, { attributes, temporality: temporality === 'delta' ? DELTA : CUMULATIVE });
}
