/**
 * Tests for metrics: matchers for your own, a conformance suite for OpenTelemetry push exporters, fake servers and strict
 * parsers. Begin with {@link matchers}, or with {@link conformanceCases} for an exporter.
 *
 * @module @tallykit/testkit
 */

export {
  createArrivalPrinter,
  type ArrivalPrinter,
  type ArrivalPrinterOptions,
  type PrinterOutput,
} from './printing/arrival-printer.ts';
export { AgentSketch } from './parsers/agent-sketch.ts';
export type { ExpectedEvent } from './recording/check-event.ts';
export type { ExpectedDistribution } from './recording/check-series.ts';
export type { Check, ExpectedTags } from './recording/check.ts';
export {
  collect,
  type CollectOptions,
  type Collection,
  type Recorded,
  type RecordedSeries,
} from './recording/collect.ts';
export type {
  ConformanceEvent,
  ConformanceExporter,
  ConformanceFacts,
  ConformanceProgram,
  ConformanceRuns,
  ConformanceStats,
  ConformanceSubject,
  ConformanceTally,
  Payload,
  ReceivedEvent,
  ReceivedName,
  ReceivedSeries,
  RunningSubject,
} from './conformance/conformance-subject.ts';
export type { ConformanceCase } from './conformance/conformance-case.ts';
export { conformanceCases, conformanceCasesOf } from './conformance/conformance-cases.ts';
export type {
  DatadogContent,
  DatadogDistribution,
  DatadogReceivedEvent,
  DatadogSeries,
  DatadogSketch,
} from './parsers/datadog-content.ts';
export { parseDatadogPayload } from './parsers/datadog-payload.ts';
export {
  startDatadogIntake,
  type DatadogRequest,
  type DatadogScriptStep,
  type FakeDatadogIntake,
  type FakeDatadogIntakeOptions,
} from './servers/fake-datadog-intake.ts';
export type { FakeServer, FakeServerAddress, FakeServerOptions } from './servers/fake-server.ts';
export {
  startTcpServer,
  startUnixStreamServer,
  type FakeStreamServer,
  type FakeStreamServerOptions,
  type FakeTcpServerOptions,
  type FakeUnixStreamServerOptions,
  type StreamFraming,
} from './servers/fake-stream-server.ts';
export { startUdpServer, type FakeUdpServer, type FakeUdpServerOptions } from './servers/fake-udp-server.ts';
export {
  startUnixgramServer,
  type FakeUnixgramServer,
  type FakeUnixgramServerOptions,
} from './servers/fake-unixgram-server.ts';
export {
  assertCounted,
  assertDistributed,
  assertEvent,
  assertGauged,
  assertTimed,
  matchers,
  type MetricMatchers,
} from './recording/matchers.ts';
export {
  gaugeData,
  histogramData,
  resourceMetrics,
  sumData,
  type PointOptions,
} from './recording/metric-data.ts';
export {
  parseDogStatsdPayload,
  type ParsedDogStatsd,
  type ParsedDogStatsdCheck,
  type ParsedDogStatsdEvent,
  type ParsedDogStatsdMetric,
  type ParsedDogStatsdOrigin,
} from './parsers/strict-dogstatsd-parser.ts';
export {
  parseStatsdLine,
  parseStatsdPayload,
  type ParsedStatsdLine,
  type StatsdReadOptions,
  type StatsdTagStyle,
} from './parsers/strict-statsd-parser.ts';
