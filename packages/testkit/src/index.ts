export { AgentSketch } from './agent-sketch.ts';
export type { Check, ExpectedDistribution, ExpectedTags } from './checks.ts';
export { collect, type Collection, type Recorded, type RecordedSeries } from './collect.ts';
export type {
  ConformanceCase,
  ConformanceEvent,
  ConformanceExporter,
  ConformanceFacts,
  ConformanceProgram,
  ConformanceStats,
  ConformanceSubject,
  ConformanceTally,
  Payload,
  ReceivedEvent,
  ReceivedName,
  ReceivedSeries,
  RunningSubject,
} from './conformance.ts';
export { conformanceCases } from './conformance-cases.ts';
export {
  parseDatadogPayload,
  type DatadogContent,
  type DatadogDistribution,
  type DatadogReceivedEvent,
  type DatadogSeries,
  type DatadogSketch,
} from './datadog-payload.ts';
export {
  startDatadogIntake,
  type DatadogRequest,
  type DatadogScriptStep,
  type FakeDatadogIntake,
  type FakeDatadogIntakeOptions,
} from './fake-datadog-intake.ts';
export type { FakeServer, FakeServerOptions } from './fake-server.ts';
export {
  startTcpServer,
  startUnixStreamServer,
  type FakeStreamServer,
  type FakeStreamServerOptions,
  type StreamFraming,
} from './fake-stream-server.ts';
export { startUdpServer, type FakeUdpServer, type FakeUdpServerOptions } from './fake-udp-server.ts';
export {
  startUnixgramServer,
  type FakeUnixgramServer,
  type FakeUnixgramServerOptions,
} from './fake-unixgram-server.ts';
export {
  assertCounted,
  assertDistributed,
  assertGauged,
  assertTimed,
  matchers,
  type MetricMatchers,
} from './matchers.ts';
export { gaugeData, histogramData, resourceMetrics, sumData, type PointOptions } from './metric-data.ts';
export {
  parseDogStatsdPayload,
  type ParsedDogStatsd,
  type ParsedDogStatsdCheck,
  type ParsedDogStatsdEvent,
  type ParsedDogStatsdMetric,
  type ParsedDogStatsdOrigin,
} from './strict-dogstatsd-parser.ts';
export {
  parseStatsdLine,
  parseStatsdPayload,
  type ParsedStatsdLine,
  type StatsdTagStyle,
} from './strict-statsd-parser.ts';
