import { DataPointType, type MetricData, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { bareName, type Takes } from './routes.ts';

/**
 * The metrics that a backend takes. Pure.
 *
 * @param prefix what the names of the recording API begin with; names are compared without it
 */
export function filterMetrics(
  { resource, scopeMetrics }: ResourceMetrics,
  takes: Takes,
  prefix: string,
): ResourceMetrics {
  const isTaken = (metric: MetricData) => {
    const { name } = metric.descriptor;
    const isDistribution =
      metric.dataPointType === DataPointType.HISTOGRAM ||
      metric.dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM;
    return takes(bareName(name, prefix), isDistribution ? 'distribution' : 'other');
  };
  const scopes = scopeMetrics.map(({ scope, metrics }) => ({ scope, metrics: metrics.filter(isTaken) }));
  return { resource, scopeMetrics: scopes.filter(({ metrics }) => metrics.length > 0) };
}
