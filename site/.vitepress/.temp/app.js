import { r as runtimeDom_cjs_prod, s as ssrRenderAttrs_1, a as ssrRenderSlot_1, b as ssrInterpolate_1, _ as _export_sfc, c as ssrRenderAttr_1, d as ssrRenderList_1, e as ssrRenderComponent_1, f as ssrRenderVNode, g as ssrRenderClass_1, h as renderToString_1 } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const _sfc_main$14 = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPBadge",
  __ssrInlineRender: true,
  props: {
    text: {},
    type: { default: "tip" }
  },
  setup(__props) {
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<span${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
        class: ["VPBadge", __props.type]
      }, _attrs))}>`);
      ssrRenderSlot_1(_ctx.$slots, "default", {}, () => {
        _push(`${ssrInterpolate_1(__props.text)}`);
      }, _push, _parent);
      _push(`</span>`);
    };
  }
});
const _sfc_setup$14 = _sfc_main$14.setup;
_sfc_main$14.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPBadge.vue");
  return _sfc_setup$14 ? _sfc_setup$14(props, ctx) : void 0;
};
function deserializeFunctions(r) {
  return Array.isArray(r) ? r.map(deserializeFunctions) : typeof r == "object" && r !== null ? Object.keys(r).reduce((t, n) => (t[n] = deserializeFunctions(r[n]), t), {}) : typeof r == "string" && r.startsWith("_vp-fn_") ? new Function(`return ${r.slice(7)}`)() : r;
}
const siteData = deserializeFunctions(JSON.parse(`{"lang":"en","dir":"ltr","title":"Tallykit","description":"One metrics API for Node back ends on top of OpenTelemetry, and its exporters","base":"/tallykit/","head":[],"router":{"prefetchLinks":true},"appearance":true,"themeConfig":{"nav":[{"text":"Start","link":"/","activeMatch":"^/$"},{"text":"Guides","activeMatch":"^/guides/","items":[{"text":"Ten everyday tasks","link":"/guides/tasks"},{"text":"Upgrade from 0.1 to 0.2","link":"/guides/upgrade-to-0.2"},{"text":"From datadog-metrics","link":"/guides/migration/from-datadog-metrics"},{"text":"From dd-trace's dogstatsd","link":"/guides/migration/from-dd-trace"},{"text":"From hot-shots","link":"/guides/migration/from-hot-shots"},{"text":"From OpenTelemetry alone","link":"/guides/migration/from-opentelemetry"},{"text":"From prom-client","link":"/guides/migration/from-prom-client"},{"text":"From Sentry's metrics in Python","link":"/guides/migration/from-sentry"}]},{"text":"Packages","activeMatch":"^/packages/","items":[{"text":"@tallykit/metrics","link":"/packages/metrics/"},{"text":"@tallykit/node","link":"/packages/node/"},{"text":"@tallykit/exporter-statsd","link":"/packages/exporter-statsd/"},{"text":"@tallykit/exporter-dogstatsd","link":"/packages/exporter-dogstatsd/"},{"text":"@tallykit/exporter-datadog-http","link":"/packages/exporter-datadog-http/"},{"text":"@tallykit/exporter-logging","link":"/packages/exporter-logging/"},{"text":"@tallykit/exporter-noop","link":"/packages/exporter-noop/"},{"text":"@tallykit/tsdb","link":"/packages/tsdb/"},{"text":"@tallykit/testkit","link":"/packages/testkit/"},{"text":"@tallykit/cli","link":"/packages/cli/"},{"text":"@tallykit/exporter-base","link":"/packages/exporter-base/"}]},{"text":"API","link":"/api/","activeMatch":"^/api/"},{"text":"Contributing","link":"/contributing"}],"sidebar":{"/packages/":[{"text":"Packages","items":[{"text":"@tallykit/metrics","link":"/packages/metrics/","collapsed":true,"items":[{"text":"API","link":"/api/metrics/"},{"text":"Changelog","link":"/packages/metrics/CHANGELOG"}]},{"text":"@tallykit/node","link":"/packages/node/","collapsed":true,"items":[{"text":"API","link":"/api/node/"},{"text":"Changelog","link":"/packages/node/CHANGELOG"}]},{"text":"@tallykit/exporter-statsd","link":"/packages/exporter-statsd/","collapsed":true,"items":[{"text":"API","link":"/api/exporter-statsd/"},{"text":"Changelog","link":"/packages/exporter-statsd/CHANGELOG"}]},{"text":"@tallykit/exporter-dogstatsd","link":"/packages/exporter-dogstatsd/","collapsed":true,"items":[{"text":"API","link":"/api/exporter-dogstatsd/"},{"text":"Changelog","link":"/packages/exporter-dogstatsd/CHANGELOG"}]},{"text":"@tallykit/exporter-datadog-http","link":"/packages/exporter-datadog-http/","collapsed":true,"items":[{"text":"API","link":"/api/exporter-datadog-http/"},{"text":"Changelog","link":"/packages/exporter-datadog-http/CHANGELOG"}]},{"text":"@tallykit/exporter-logging","link":"/packages/exporter-logging/","collapsed":true,"items":[{"text":"API","link":"/api/exporter-logging/"},{"text":"Changelog","link":"/packages/exporter-logging/CHANGELOG"}]},{"text":"@tallykit/exporter-noop","link":"/packages/exporter-noop/","collapsed":true,"items":[{"text":"API","link":"/api/exporter-noop/"},{"text":"Changelog","link":"/packages/exporter-noop/CHANGELOG"}]},{"text":"@tallykit/tsdb","link":"/packages/tsdb/","collapsed":true,"items":[{"text":"API","link":"/api/tsdb/"},{"text":"Changelog","link":"/packages/tsdb/CHANGELOG"},{"text":"Third-party notices","link":"/packages/tsdb/THIRD-PARTY-NOTICES"}]},{"text":"@tallykit/testkit","link":"/packages/testkit/","collapsed":true,"items":[{"text":"API","link":"/api/testkit/"},{"text":"Changelog","link":"/packages/testkit/CHANGELOG"}]},{"text":"@tallykit/cli","link":"/packages/cli/","collapsed":true,"items":[]},{"text":"@tallykit/exporter-base","link":"/packages/exporter-base/","collapsed":true,"items":[{"text":"API","link":"/api/exporter-base/"},{"text":"Changelog","link":"/packages/exporter-base/CHANGELOG"}]}]}],"/api/":[{"text":"API","link":"/api/","items":[{"text":"@tallykit/metrics","link":"/api/metrics/","items":[{"text":"Classes","items":[{"text":"Metrics","link":"/api/metrics/classes/Metrics"},{"text":"TagRuleError","link":"/api/metrics/classes/TagRuleError"}]},{"text":"Interfaces","items":[{"text":"Active","link":"/api/metrics/interfaces/Active"},{"text":"BoundCounter","link":"/api/metrics/interfaces/BoundCounter"},{"text":"BoundDistribution","link":"/api/metrics/interfaces/BoundDistribution"},{"text":"BoundGauge","link":"/api/metrics/interfaces/BoundGauge"},{"text":"BoundTiming","link":"/api/metrics/interfaces/BoundTiming"},{"text":"BoundUpDown","link":"/api/metrics/interfaces/BoundUpDown"},{"text":"EventOptions","link":"/api/metrics/interfaces/EventOptions"},{"text":"EventSink","link":"/api/metrics/interfaces/EventSink"},{"text":"MetricEvent","link":"/api/metrics/interfaces/MetricEvent"},{"text":"MetricsOptions","link":"/api/metrics/interfaces/MetricsOptions"},{"text":"MetricsStats","link":"/api/metrics/interfaces/MetricsStats"},{"text":"Operation","link":"/api/metrics/interfaces/Operation"},{"text":"ProducerHandle","link":"/api/metrics/interfaces/ProducerHandle"},{"text":"RecordOptions","link":"/api/metrics/interfaces/RecordOptions"},{"text":"TagRules","link":"/api/metrics/interfaces/TagRules"},{"text":"Timer","link":"/api/metrics/interfaces/Timer"}]},{"text":"Type Aliases","items":[{"text":"BoundOptions","link":"/api/metrics/type-aliases/BoundOptions"},{"text":"ChildOptions","link":"/api/metrics/type-aliases/ChildOptions"},{"text":"OperationListener","link":"/api/metrics/type-aliases/OperationListener"},{"text":"RefusalCause","link":"/api/metrics/type-aliases/RefusalCause"},{"text":"Tags","link":"/api/metrics/type-aliases/Tags"},{"text":"TagValue","link":"/api/metrics/type-aliases/TagValue"}]},{"text":"Variables","items":[{"text":"metrics","link":"/api/metrics/variables/metrics"},{"text":"METRICS_DEFAULTS","link":"/api/metrics/variables/METRICS_DEFAULTS"}]},{"text":"Functions","items":[{"text":"configureMetrics","link":"/api/metrics/functions/configureMetrics"},{"text":"createMetrics","link":"/api/metrics/functions/createMetrics"},{"text":"setUpMetrics","link":"/api/metrics/functions/setUpMetrics"}]}],"collapsed":true},{"text":"@tallykit/metrics/producer","link":"/api/metrics/producer/","items":[{"text":"Interfaces","items":[{"text":"MetricProducer","link":"/api/metrics/producer/interfaces/MetricProducer"},{"text":"MetricProducerOptions","link":"/api/metrics/producer/interfaces/MetricProducerOptions"}]},{"text":"Type Aliases","items":[{"text":"AggregationSelectors","link":"/api/metrics/producer/type-aliases/AggregationSelectors"},{"text":"HistogramOptions","link":"/api/metrics/producer/type-aliases/HistogramOptions"},{"text":"Include","link":"/api/metrics/producer/type-aliases/Include"},{"text":"IncludedKind","link":"/api/metrics/producer/type-aliases/IncludedKind"},{"text":"TemporalityPreference","link":"/api/metrics/producer/type-aliases/TemporalityPreference"}]},{"text":"Functions","items":[{"text":"connectProducers","link":"/api/metrics/producer/functions/connectProducers"},{"text":"createMetricProducer","link":"/api/metrics/producer/functions/createMetricProducer"}]}],"collapsed":true},{"text":"@tallykit/node","link":"/api/node/","items":[{"text":"Interfaces","items":[{"text":"BackendStats","link":"/api/node/interfaces/BackendStats"},{"text":"CommonOptions","link":"/api/node/interfaces/CommonOptions"},{"text":"DualWrite","link":"/api/node/interfaces/DualWrite"},{"text":"InternalOptions","link":"/api/node/interfaces/InternalOptions"},{"text":"OptionsByBackend","link":"/api/node/interfaces/OptionsByBackend"},{"text":"OtlpOptions","link":"/api/node/interfaces/OtlpOptions"},{"text":"PrometheusOptions","link":"/api/node/interfaces/PrometheusOptions"},{"text":"ReadBackend","link":"/api/node/interfaces/ReadBackend"},{"text":"ReadSetting","link":"/api/node/interfaces/ReadSetting"},{"text":"ReadSettings","link":"/api/node/interfaces/ReadSettings"},{"text":"Routes","link":"/api/node/interfaces/Routes"},{"text":"StartedMetrics","link":"/api/node/interfaces/StartedMetrics"},{"text":"UnusedSetting","link":"/api/node/interfaces/UnusedSetting"}]},{"text":"Type Aliases","items":[{"text":"ApiOptions","link":"/api/node/type-aliases/ApiOptions"},{"text":"BackendChoice","link":"/api/node/type-aliases/BackendChoice"},{"text":"BackendName","link":"/api/node/type-aliases/BackendName"},{"text":"BackendOptions","link":"/api/node/type-aliases/BackendOptions"},{"text":"BackendSettings","link":"/api/node/type-aliases/BackendSettings"},{"text":"BuiltInBackendName","link":"/api/node/type-aliases/BuiltInBackendName"},{"text":"ExporterSource","link":"/api/node/type-aliases/ExporterSource"},{"text":"ExporterSources","link":"/api/node/type-aliases/ExporterSources"},{"text":"FlushReports","link":"/api/node/type-aliases/FlushReports"},{"text":"ListOf","link":"/api/node/type-aliases/ListOf"},{"text":"LoggingOptions","link":"/api/node/type-aliases/LoggingOptions"},{"text":"MetricsHandler","link":"/api/node/type-aliases/MetricsHandler"},{"text":"SentryBackendName","link":"/api/node/type-aliases/SentryBackendName"},{"text":"ShutdownCause","link":"/api/node/type-aliases/ShutdownCause"},{"text":"StartMetricsOptions","link":"/api/node/type-aliases/StartMetricsOptions"}]},{"text":"Variables","items":[{"text":"START_DEFAULTS","link":"/api/node/variables/START_DEFAULTS"}]},{"text":"Functions","items":[{"text":"readSettings","link":"/api/node/functions/readSettings"},{"text":"startMetrics","link":"/api/node/functions/startMetrics"}]}],"collapsed":true},{"text":"@tallykit/exporter-statsd","link":"/api/exporter-statsd/","items":[{"text":"Classes","items":[{"text":"StatsdMetricExporter","link":"/api/exporter-statsd/classes/StatsdMetricExporter"}]},{"text":"Interfaces","items":[{"text":"StatsdClientOptions","link":"/api/exporter-statsd/interfaces/StatsdClientOptions"},{"text":"StatsdFormatOptions","link":"/api/exporter-statsd/interfaces/StatsdFormatOptions"},{"text":"StatsdTcpOptions","link":"/api/exporter-statsd/interfaces/StatsdTcpOptions"},{"text":"StatsdUdpOptions","link":"/api/exporter-statsd/interfaces/StatsdUdpOptions"},{"text":"StatsdUnixgramOptions","link":"/api/exporter-statsd/interfaces/StatsdUnixgramOptions"}]},{"text":"Type Aliases","items":[{"text":"StatsdDialect","link":"/api/exporter-statsd/type-aliases/StatsdDialect"},{"text":"StatsdEndpointOptions","link":"/api/exporter-statsd/type-aliases/StatsdEndpointOptions"},{"text":"StatsdMetricExporterOptions","link":"/api/exporter-statsd/type-aliases/StatsdMetricExporterOptions"}]},{"text":"Variables","items":[{"text":"STATSD_DEFAULTS","link":"/api/exporter-statsd/variables/STATSD_DEFAULTS"}]},{"text":"Functions","items":[{"text":"describeStatsdOptions","link":"/api/exporter-statsd/functions/describeStatsdOptions"}]}],"collapsed":true},{"text":"@tallykit/exporter-dogstatsd","link":"/api/exporter-dogstatsd/","items":[{"text":"Classes","items":[{"text":"DogStatsdMetricExporter","link":"/api/exporter-dogstatsd/classes/DogStatsdMetricExporter"}]},{"text":"Interfaces","items":[{"text":"DogStatsdClientOptions","link":"/api/exporter-dogstatsd/interfaces/DogStatsdClientOptions"},{"text":"DogStatsdFormatOptions","link":"/api/exporter-dogstatsd/interfaces/DogStatsdFormatOptions"},{"text":"DogStatsdPathOptions","link":"/api/exporter-dogstatsd/interfaces/DogStatsdPathOptions"},{"text":"DogStatsdServiceCheck","link":"/api/exporter-dogstatsd/interfaces/DogStatsdServiceCheck"},{"text":"DogStatsdUdpOptions","link":"/api/exporter-dogstatsd/interfaces/DogStatsdUdpOptions"},{"text":"DogStatsdUrlOptions","link":"/api/exporter-dogstatsd/interfaces/DogStatsdUrlOptions"}]},{"text":"Type Aliases","items":[{"text":"DogStatsdCardinality","link":"/api/exporter-dogstatsd/type-aliases/DogStatsdCardinality"},{"text":"DogStatsdEndpointOptions","link":"/api/exporter-dogstatsd/type-aliases/DogStatsdEndpointOptions"},{"text":"DogStatsdMetricExporterOptions","link":"/api/exporter-dogstatsd/type-aliases/DogStatsdMetricExporterOptions"}]},{"text":"Variables","items":[{"text":"DOGSTATSD_DEFAULTS","link":"/api/exporter-dogstatsd/variables/DOGSTATSD_DEFAULTS"}]},{"text":"Functions","items":[{"text":"describeDogStatsdOptions","link":"/api/exporter-dogstatsd/functions/describeDogStatsdOptions"}]}],"collapsed":true},{"text":"@tallykit/exporter-datadog-http","link":"/api/exporter-datadog-http/","items":[{"text":"Classes","items":[{"text":"DatadogHttpMetricExporter","link":"/api/exporter-datadog-http/classes/DatadogHttpMetricExporter"}]},{"text":"Interfaces","items":[{"text":"DatadogAggregates","link":"/api/exporter-datadog-http/interfaces/DatadogAggregates"},{"text":"DatadogHttpMetricExporterOptions","link":"/api/exporter-datadog-http/interfaces/DatadogHttpMetricExporterOptions"},{"text":"DatadogResponse","link":"/api/exporter-datadog-http/interfaces/DatadogResponse"},{"text":"DatadogValidation","link":"/api/exporter-datadog-http/interfaces/DatadogValidation"}]},{"text":"Type Aliases","items":[{"text":"DatadogFetch","link":"/api/exporter-datadog-http/type-aliases/DatadogFetch"},{"text":"DatadogSite","link":"/api/exporter-datadog-http/type-aliases/DatadogSite"}]},{"text":"Variables","items":[{"text":"DATADOG_HTTP_DEFAULTS","link":"/api/exporter-datadog-http/variables/DATADOG_HTTP_DEFAULTS"},{"text":"DATADOG_SITES","link":"/api/exporter-datadog-http/variables/DATADOG_SITES"}]},{"text":"Functions","items":[{"text":"describeDatadogHttpOptions","link":"/api/exporter-datadog-http/functions/describeDatadogHttpOptions"}]}],"collapsed":true},{"text":"@tallykit/exporter-logging","link":"/api/exporter-logging/","items":[{"text":"Classes","items":[{"text":"LoggingMetricExporter","link":"/api/exporter-logging/classes/LoggingMetricExporter"}]},{"text":"Interfaces","items":[{"text":"LineFormat","link":"/api/exporter-logging/interfaces/LineFormat"},{"text":"LoggedEvent","link":"/api/exporter-logging/interfaces/LoggedEvent"},{"text":"LoggedOperation","link":"/api/exporter-logging/interfaces/LoggedOperation"},{"text":"LoggerOptions","link":"/api/exporter-logging/interfaces/LoggerOptions"},{"text":"LoggingMetricExporterOptions","link":"/api/exporter-logging/interfaces/LoggingMetricExporterOptions"}]},{"text":"Type Aliases","items":[{"text":"LineMetadata","link":"/api/exporter-logging/type-aliases/LineMetadata"},{"text":"Logger","link":"/api/exporter-logging/type-aliases/Logger"},{"text":"LogMethod","link":"/api/exporter-logging/type-aliases/LogMethod"},{"text":"OperationLog","link":"/api/exporter-logging/type-aliases/OperationLog"},{"text":"OperationLogOptions","link":"/api/exporter-logging/type-aliases/OperationLogOptions"}]},{"text":"Variables","items":[{"text":"LOGGING_DEFAULTS","link":"/api/exporter-logging/variables/LOGGING_DEFAULTS"},{"text":"OPERATION_LOG_DEFAULTS","link":"/api/exporter-logging/variables/OPERATION_LOG_DEFAULTS"}]},{"text":"Functions","items":[{"text":"createOperationLog","link":"/api/exporter-logging/functions/createOperationLog"},{"text":"describeLoggingOptions","link":"/api/exporter-logging/functions/describeLoggingOptions"},{"text":"sentryFormat","link":"/api/exporter-logging/functions/sentryFormat"}]}],"collapsed":true},{"text":"@tallykit/exporter-noop","link":"/api/exporter-noop/","items":[{"text":"Classes","items":[{"text":"NoopMetricExporter","link":"/api/exporter-noop/classes/NoopMetricExporter"}]}],"collapsed":true},{"text":"@tallykit/tsdb","link":"/api/tsdb/","items":[{"text":"Classes","items":[{"text":"TimeseriesMetricExporter","link":"/api/tsdb/classes/TimeseriesMetricExporter"},{"text":"TimeseriesStore","link":"/api/tsdb/classes/TimeseriesStore"},{"text":"TooMuchError","link":"/api/tsdb/classes/TooMuchError"}]},{"text":"Interfaces","items":[{"text":"DistributionSummary","link":"/api/tsdb/interfaces/DistributionSummary"},{"text":"EventRecording","link":"/api/tsdb/interfaces/EventRecording"},{"text":"HandlerOptions","link":"/api/tsdb/interfaces/HandlerOptions"},{"text":"KeptEvent","link":"/api/tsdb/interfaces/KeptEvent"},{"text":"ListenOptions","link":"/api/tsdb/interfaces/ListenOptions"},{"text":"MetricInfo","link":"/api/tsdb/interfaces/MetricInfo"},{"text":"RangeQuery","link":"/api/tsdb/interfaces/RangeQuery"},{"text":"RangeResult","link":"/api/tsdb/interfaces/RangeResult"},{"text":"Recording","link":"/api/tsdb/interfaces/Recording"},{"text":"RedisClient","link":"/api/tsdb/interfaces/RedisClient"},{"text":"RedisOptions","link":"/api/tsdb/interfaces/RedisOptions"},{"text":"RedisStats","link":"/api/tsdb/interfaces/RedisStats"},{"text":"SeriesInfo","link":"/api/tsdb/interfaces/SeriesInfo"},{"text":"StoredEvent","link":"/api/tsdb/interfaces/StoredEvent"},{"text":"StoreServer","link":"/api/tsdb/interfaces/StoreServer"},{"text":"StoreStats","link":"/api/tsdb/interfaces/StoreStats"},{"text":"TimeseriesMetricExporterOptions","link":"/api/tsdb/interfaces/TimeseriesMetricExporterOptions"},{"text":"TimeseriesStoreOptions","link":"/api/tsdb/interfaces/TimeseriesStoreOptions"}]},{"text":"Type Aliases","items":[{"text":"Authorize","link":"/api/tsdb/type-aliases/Authorize"},{"text":"Moment","link":"/api/tsdb/type-aliases/Moment"},{"text":"NamePattern","link":"/api/tsdb/type-aliases/NamePattern"},{"text":"RangeSeries","link":"/api/tsdb/type-aliases/RangeSeries"},{"text":"RequestHandler","link":"/api/tsdb/type-aliases/RequestHandler"},{"text":"Rollup","link":"/api/tsdb/type-aliases/Rollup"},{"text":"SeriesType","link":"/api/tsdb/type-aliases/SeriesType"}]},{"text":"Variables","items":[{"text":"TIMESERIES_DEFAULTS","link":"/api/tsdb/variables/TIMESERIES_DEFAULTS"},{"text":"TIMESERIES_STORE_DEFAULTS","link":"/api/tsdb/variables/TIMESERIES_STORE_DEFAULTS"}]}],"collapsed":true},{"text":"@tallykit/testkit","link":"/api/testkit/","items":[{"text":"Classes","items":[{"text":"AgentSketch","link":"/api/testkit/classes/AgentSketch"}]},{"text":"Interfaces","items":[{"text":"ArrivalPrinter","link":"/api/testkit/interfaces/ArrivalPrinter"},{"text":"ArrivalPrinterOptions","link":"/api/testkit/interfaces/ArrivalPrinterOptions"},{"text":"Check","link":"/api/testkit/interfaces/Check"},{"text":"Collection","link":"/api/testkit/interfaces/Collection"},{"text":"CollectOptions","link":"/api/testkit/interfaces/CollectOptions"},{"text":"ConformanceCase","link":"/api/testkit/interfaces/ConformanceCase"},{"text":"ConformanceEvent","link":"/api/testkit/interfaces/ConformanceEvent"},{"text":"ConformanceFacts","link":"/api/testkit/interfaces/ConformanceFacts"},{"text":"ConformanceProgram","link":"/api/testkit/interfaces/ConformanceProgram"},{"text":"ConformanceStats","link":"/api/testkit/interfaces/ConformanceStats"},{"text":"ConformanceSubject","link":"/api/testkit/interfaces/ConformanceSubject"},{"text":"ConformanceTally","link":"/api/testkit/interfaces/ConformanceTally"},{"text":"DatadogContent","link":"/api/testkit/interfaces/DatadogContent"},{"text":"DatadogDistribution","link":"/api/testkit/interfaces/DatadogDistribution"},{"text":"DatadogReceivedEvent","link":"/api/testkit/interfaces/DatadogReceivedEvent"},{"text":"DatadogRequest","link":"/api/testkit/interfaces/DatadogRequest"},{"text":"DatadogSeries","link":"/api/testkit/interfaces/DatadogSeries"},{"text":"DatadogSketch","link":"/api/testkit/interfaces/DatadogSketch"},{"text":"FakeDatadogIntake","link":"/api/testkit/interfaces/FakeDatadogIntake"},{"text":"FakeDatadogIntakeOptions","link":"/api/testkit/interfaces/FakeDatadogIntakeOptions"},{"text":"FakeServer","link":"/api/testkit/interfaces/FakeServer"},{"text":"FakeServerAddress","link":"/api/testkit/interfaces/FakeServerAddress"},{"text":"FakeServerOptions","link":"/api/testkit/interfaces/FakeServerOptions"},{"text":"FakeStreamServer","link":"/api/testkit/interfaces/FakeStreamServer"},{"text":"FakeStreamServerOptions","link":"/api/testkit/interfaces/FakeStreamServerOptions"},{"text":"FakeTcpServerOptions","link":"/api/testkit/interfaces/FakeTcpServerOptions"},{"text":"FakeUdpServer","link":"/api/testkit/interfaces/FakeUdpServer"},{"text":"FakeUdpServerOptions","link":"/api/testkit/interfaces/FakeUdpServerOptions"},{"text":"FakeUnixgramServer","link":"/api/testkit/interfaces/FakeUnixgramServer"},{"text":"FakeUnixgramServerOptions","link":"/api/testkit/interfaces/FakeUnixgramServerOptions"},{"text":"FakeUnixStreamServerOptions","link":"/api/testkit/interfaces/FakeUnixStreamServerOptions"},{"text":"MetricMatchers","link":"/api/testkit/interfaces/MetricMatchers"},{"text":"ParsedDogStatsdCheck","link":"/api/testkit/interfaces/ParsedDogStatsdCheck"},{"text":"ParsedDogStatsdEvent","link":"/api/testkit/interfaces/ParsedDogStatsdEvent"},{"text":"ParsedDogStatsdMetric","link":"/api/testkit/interfaces/ParsedDogStatsdMetric"},{"text":"ParsedDogStatsdOrigin","link":"/api/testkit/interfaces/ParsedDogStatsdOrigin"},{"text":"ParsedStatsdLine","link":"/api/testkit/interfaces/ParsedStatsdLine"},{"text":"PointOptions","link":"/api/testkit/interfaces/PointOptions"},{"text":"PrinterOutput","link":"/api/testkit/interfaces/PrinterOutput"},{"text":"ReceivedEvent","link":"/api/testkit/interfaces/ReceivedEvent"},{"text":"ReceivedName","link":"/api/testkit/interfaces/ReceivedName"},{"text":"Recorded","link":"/api/testkit/interfaces/Recorded"},{"text":"RunningSubject","link":"/api/testkit/interfaces/RunningSubject"},{"text":"StatsdReadOptions","link":"/api/testkit/interfaces/StatsdReadOptions"}]},{"text":"Type Aliases","items":[{"text":"ConformanceExporter","link":"/api/testkit/type-aliases/ConformanceExporter"},{"text":"ConformanceRuns","link":"/api/testkit/type-aliases/ConformanceRuns"},{"text":"DatadogScriptStep","link":"/api/testkit/type-aliases/DatadogScriptStep"},{"text":"ExpectedDistribution","link":"/api/testkit/type-aliases/ExpectedDistribution"},{"text":"ExpectedEvent","link":"/api/testkit/type-aliases/ExpectedEvent"},{"text":"ExpectedTags","link":"/api/testkit/type-aliases/ExpectedTags"},{"text":"ParsedDogStatsd","link":"/api/testkit/type-aliases/ParsedDogStatsd"},{"text":"Payload","link":"/api/testkit/type-aliases/Payload"},{"text":"ReceivedSeries","link":"/api/testkit/type-aliases/ReceivedSeries"},{"text":"RecordedSeries","link":"/api/testkit/type-aliases/RecordedSeries"},{"text":"StatsdTagStyle","link":"/api/testkit/type-aliases/StatsdTagStyle"},{"text":"StreamFraming","link":"/api/testkit/type-aliases/StreamFraming"}]},{"text":"Variables","items":[{"text":"conformanceCases","link":"/api/testkit/variables/conformanceCases"},{"text":"matchers","link":"/api/testkit/variables/matchers"}]},{"text":"Functions","items":[{"text":"assertCounted","link":"/api/testkit/functions/assertCounted"},{"text":"assertDistributed","link":"/api/testkit/functions/assertDistributed"},{"text":"assertEvent","link":"/api/testkit/functions/assertEvent"},{"text":"assertGauged","link":"/api/testkit/functions/assertGauged"},{"text":"assertTimed","link":"/api/testkit/functions/assertTimed"},{"text":"collect","link":"/api/testkit/functions/collect"},{"text":"conformanceCasesOf","link":"/api/testkit/functions/conformanceCasesOf"},{"text":"createArrivalPrinter","link":"/api/testkit/functions/createArrivalPrinter"},{"text":"gaugeData","link":"/api/testkit/functions/gaugeData"},{"text":"histogramData","link":"/api/testkit/functions/histogramData"},{"text":"parseDatadogPayload","link":"/api/testkit/functions/parseDatadogPayload"},{"text":"parseDogStatsdPayload","link":"/api/testkit/functions/parseDogStatsdPayload"},{"text":"parseStatsdLine","link":"/api/testkit/functions/parseStatsdLine"},{"text":"parseStatsdPayload","link":"/api/testkit/functions/parseStatsdPayload"},{"text":"resourceMetrics","link":"/api/testkit/functions/resourceMetrics"},{"text":"startDatadogIntake","link":"/api/testkit/functions/startDatadogIntake"},{"text":"startTcpServer","link":"/api/testkit/functions/startTcpServer"},{"text":"startUdpServer","link":"/api/testkit/functions/startUdpServer"},{"text":"startUnixgramServer","link":"/api/testkit/functions/startUnixgramServer"},{"text":"startUnixStreamServer","link":"/api/testkit/functions/startUnixStreamServer"},{"text":"sumData","link":"/api/testkit/functions/sumData"}]}],"collapsed":true},{"text":"@tallykit/testkit/jest","link":"/api/testkit/jest/","collapsed":true},{"text":"@tallykit/testkit/vitest","link":"/api/testkit/vitest/","collapsed":true},{"text":"@tallykit/exporter-base","link":"/api/exporter-base/","items":[{"text":"Classes","items":[{"text":"Delivery","link":"/api/exporter-base/classes/Delivery"},{"text":"EnvironmentOptions","link":"/api/exporter-base/classes/EnvironmentOptions"},{"text":"GivenOptions","link":"/api/exporter-base/classes/GivenOptions"},{"text":"HealthRecord","link":"/api/exporter-base/classes/HealthRecord"},{"text":"Ledger","link":"/api/exporter-base/classes/Ledger"},{"text":"LocalDelivery","link":"/api/exporter-base/classes/LocalDelivery"},{"text":"MissingPackageError","link":"/api/exporter-base/classes/MissingPackageError"},{"text":"OptionError","link":"/api/exporter-base/classes/OptionError"},{"text":"Packer","link":"/api/exporter-base/classes/Packer"},{"text":"Remainders","link":"/api/exporter-base/classes/Remainders"},{"text":"ReportedError","link":"/api/exporter-base/classes/ReportedError"},{"text":"TagWriter","link":"/api/exporter-base/classes/TagWriter"},{"text":"VariableTrace","link":"/api/exporter-base/classes/VariableTrace"},{"text":"Yielder","link":"/api/exporter-base/classes/Yielder"}]},{"text":"Interfaces","items":[{"text":"Account","link":"/api/exporter-base/interfaces/Account"},{"text":"Clock","link":"/api/exporter-base/interfaces/Clock"},{"text":"DeliveryOptions","link":"/api/exporter-base/interfaces/DeliveryOptions"},{"text":"DerivedSeries","link":"/api/exporter-base/interfaces/DerivedSeries"},{"text":"DescribedExporter","link":"/api/exporter-base/interfaces/DescribedExporter"},{"text":"DescribedOption","link":"/api/exporter-base/interfaces/DescribedOption"},{"text":"DescribedPlace","link":"/api/exporter-base/interfaces/DescribedPlace"},{"text":"EventText","link":"/api/exporter-base/interfaces/EventText"},{"text":"ExplicitHistogram","link":"/api/exporter-base/interfaces/ExplicitHistogram"},{"text":"ExponentialBuckets","link":"/api/exporter-base/interfaces/ExponentialBuckets"},{"text":"ExponentialHistogram","link":"/api/exporter-base/interfaces/ExponentialHistogram"},{"text":"ExporterStats","link":"/api/exporter-base/interfaces/ExporterStats"},{"text":"Flow","link":"/api/exporter-base/interfaces/Flow"},{"text":"FlowNames","link":"/api/exporter-base/interfaces/FlowNames"},{"text":"FlushReport","link":"/api/exporter-base/interfaces/FlushReport"},{"text":"Forgotten","link":"/api/exporter-base/interfaces/Forgotten"},{"text":"Health","link":"/api/exporter-base/interfaces/Health"},{"text":"HistogramSeries","link":"/api/exporter-base/interfaces/HistogramSeries"},{"text":"HistogramTotals","link":"/api/exporter-base/interfaces/HistogramTotals"},{"text":"IgnoredVariable","link":"/api/exporter-base/interfaces/IgnoredVariable"},{"text":"Increase","link":"/api/exporter-base/interfaces/Increase"},{"text":"IntegerRange","link":"/api/exporter-base/interfaces/IntegerRange"},{"text":"LocalDeliveryOptions","link":"/api/exporter-base/interfaces/LocalDeliveryOptions"},{"text":"Metric","link":"/api/exporter-base/interfaces/Metric"},{"text":"NumberSeries","link":"/api/exporter-base/interfaces/NumberSeries"},{"text":"ObserveExporterOptions","link":"/api/exporter-base/interfaces/ObserveExporterOptions"},{"text":"OptionalPackage","link":"/api/exporter-base/interfaces/OptionalPackage"},{"text":"OptionErrorFields","link":"/api/exporter-base/interfaces/OptionErrorFields"},{"text":"PacingOptions","link":"/api/exporter-base/interfaces/PacingOptions"},{"text":"Payload","link":"/api/exporter-base/interfaces/Payload"},{"text":"PointSeconds","link":"/api/exporter-base/interfaces/PointSeconds"},{"text":"ProcessFacts","link":"/api/exporter-base/interfaces/ProcessFacts"},{"text":"Refusal","link":"/api/exporter-base/interfaces/Refusal"},{"text":"RemainderLimits","link":"/api/exporter-base/interfaces/RemainderLimits"},{"text":"Rounding","link":"/api/exporter-base/interfaces/Rounding"},{"text":"Route","link":"/api/exporter-base/interfaces/Route"},{"text":"SecondOwner","link":"/api/exporter-base/interfaces/SecondOwner"},{"text":"SeriesAccount","link":"/api/exporter-base/interfaces/SeriesAccount"},{"text":"SeriesFields","link":"/api/exporter-base/interfaces/SeriesFields"},{"text":"TagSpelling","link":"/api/exporter-base/interfaces/TagSpelling"},{"text":"TagWriters","link":"/api/exporter-base/interfaces/TagWriters"},{"text":"TagWritersOptions","link":"/api/exporter-base/interfaces/TagWritersOptions"},{"text":"Tally","link":"/api/exporter-base/interfaces/Tally"},{"text":"Transport","link":"/api/exporter-base/interfaces/Transport"},{"text":"WireMetric","link":"/api/exporter-base/interfaces/WireMetric"}]},{"text":"Type Aliases","items":[{"text":"DescribedTransport","link":"/api/exporter-base/type-aliases/DescribedTransport"},{"text":"DropCause","link":"/api/exporter-base/type-aliases/DropCause"},{"text":"ExportResult","link":"/api/exporter-base/type-aliases/ExportResult"},{"text":"HistogramValue","link":"/api/exporter-base/type-aliases/HistogramValue"},{"text":"LeftOut","link":"/api/exporter-base/type-aliases/LeftOut"},{"text":"OptionTags","link":"/api/exporter-base/type-aliases/OptionTags"},{"text":"OptionTagValue","link":"/api/exporter-base/type-aliases/OptionTagValue"},{"text":"Origins","link":"/api/exporter-base/type-aliases/Origins"},{"text":"Outcome","link":"/api/exporter-base/type-aliases/Outcome"},{"text":"Series","link":"/api/exporter-base/type-aliases/Series"},{"text":"SyncTransport","link":"/api/exporter-base/type-aliases/SyncTransport"},{"text":"Tags","link":"/api/exporter-base/type-aliases/Tags"},{"text":"TagsOf","link":"/api/exporter-base/type-aliases/TagsOf"},{"text":"TagSource","link":"/api/exporter-base/type-aliases/TagSource"},{"text":"TagValue","link":"/api/exporter-base/type-aliases/TagValue"},{"text":"Texts","link":"/api/exporter-base/type-aliases/Texts"},{"text":"Translate","link":"/api/exporter-base/type-aliases/Translate"},{"text":"Urgency","link":"/api/exporter-base/type-aliases/Urgency"},{"text":"Value","link":"/api/exporter-base/type-aliases/Value"},{"text":"WhenWrong","link":"/api/exporter-base/type-aliases/WhenWrong"}]},{"text":"Variables","items":[{"text":"DATAGRAM_PACING","link":"/api/exporter-base/variables/DATAGRAM_PACING"},{"text":"DELIVERED","link":"/api/exporter-base/variables/DELIVERED"},{"text":"EMPTY_ACCOUNT","link":"/api/exporter-base/variables/EMPTY_ACCOUNT"},{"text":"ONE_BY_ONE_PACING","link":"/api/exporter-base/variables/ONE_BY_ONE_PACING"},{"text":"STREAM_PACING","link":"/api/exporter-base/variables/STREAM_PACING"},{"text":"systemClock","link":"/api/exporter-base/variables/systemClock"}]},{"text":"Functions","items":[{"text":"amendOptionError","link":"/api/exporter-base/functions/amendOptionError"},{"text":"chosenAttributes","link":"/api/exporter-base/functions/chosenAttributes"},{"text":"createTagWriters","link":"/api/exporter-base/functions/createTagWriters"},{"text":"derivedName","link":"/api/exporter-base/functions/derivedName"},{"text":"describeExporter","link":"/api/exporter-base/functions/describeExporter"},{"text":"describeRejected","link":"/api/exporter-base/functions/describeRejected"},{"text":"escapeOf","link":"/api/exporter-base/functions/escapeOf"},{"text":"formatNumber","link":"/api/exporter-base/functions/formatNumber"},{"text":"formatRate","link":"/api/exporter-base/functions/formatRate"},{"text":"hasStableName","link":"/api/exporter-base/functions/hasStableName"},{"text":"isOptionError","link":"/api/exporter-base/functions/isOptionError"},{"text":"linePacing","link":"/api/exporter-base/functions/linePacing"},{"text":"linesAtOnce","link":"/api/exporter-base/functions/linesAtOnce"},{"text":"loadOptional","link":"/api/exporter-base/functions/loadOptional"},{"text":"log","link":"/api/exporter-base/functions/log"},{"text":"mergeReports","link":"/api/exporter-base/functions/mergeReports"},{"text":"observeExporter","link":"/api/exporter-base/functions/observeExporter"},{"text":"observeFlow","link":"/api/exporter-base/functions/observeFlow"},{"text":"processName","link":"/api/exporter-base/functions/processName"},{"text":"readProcessFacts","link":"/api/exporter-base/functions/readProcessFacts"},{"text":"reasonOf","link":"/api/exporter-base/functions/reasonOf"},{"text":"selectAggregation","link":"/api/exporter-base/functions/selectAggregation"},{"text":"selectAggregationTemporality","link":"/api/exporter-base/functions/selectAggregationTemporality"},{"text":"settledWithin","link":"/api/exporter-base/functions/settledWithin"},{"text":"tallyOf","link":"/api/exporter-base/functions/tallyOf"},{"text":"untraced","link":"/api/exporter-base/functions/untraced"},{"text":"visible","link":"/api/exporter-base/functions/visible"}]}],"collapsed":true},{"text":"@tallykit/exporter-base/datadog","link":"/api/exporter-base/datadog/","items":[{"text":"Classes","items":[{"text":"SeriesSeconds","link":"/api/exporter-base/datadog/classes/SeriesSeconds"}]},{"text":"Interfaces","items":[{"text":"DatadogEvent","link":"/api/exporter-base/datadog/interfaces/DatadogEvent"},{"text":"DatadogTags","link":"/api/exporter-base/datadog/interfaces/DatadogTags"},{"text":"TagList","link":"/api/exporter-base/datadog/interfaces/TagList"}]},{"text":"Type Aliases","items":[{"text":"TagPair","link":"/api/exporter-base/datadog/type-aliases/TagPair"}]},{"text":"Variables","items":[{"text":"MAX_AGGREGATION_KEY_LENGTH","link":"/api/exporter-base/datadog/variables/MAX_AGGREGATION_KEY_LENGTH"},{"text":"MAX_NAME_LENGTH","link":"/api/exporter-base/datadog/variables/MAX_NAME_LENGTH"},{"text":"UNIFIED_TAGS","link":"/api/exporter-base/datadog/variables/UNIFIED_TAGS"}]},{"text":"Functions","items":[{"text":"checkEvent","link":"/api/exporter-base/datadog/functions/checkEvent"},{"text":"datadogTags","link":"/api/exporter-base/datadog/functions/datadogTags"},{"text":"describeCut","link":"/api/exporter-base/datadog/functions/describeCut"},{"text":"firstBytes","link":"/api/exporter-base/datadog/functions/firstBytes"},{"text":"firstCharacters","link":"/api/exporter-base/datadog/functions/firstCharacters"},{"text":"firstCodePoints","link":"/api/exporter-base/datadog/functions/firstCodePoints"},{"text":"oneOf","link":"/api/exporter-base/datadog/functions/oneOf"},{"text":"parseTagList","link":"/api/exporter-base/datadog/functions/parseTagList"},{"text":"readDatadogTags","link":"/api/exporter-base/datadog/functions/readDatadogTags"},{"text":"readTagList","link":"/api/exporter-base/datadog/functions/readTagList"},{"text":"safeName","link":"/api/exporter-base/datadog/functions/safeName"},{"text":"shownTags","link":"/api/exporter-base/datadog/functions/shownTags"},{"text":"stringOf","link":"/api/exporter-base/datadog/functions/stringOf"},{"text":"wellFormed","link":"/api/exporter-base/datadog/functions/wellFormed"}]}],"collapsed":true},{"text":"@tallykit/exporter-base/histograms","link":"/api/exporter-base/histograms/","items":[{"text":"Interfaces","items":[{"text":"Interval","link":"/api/exporter-base/histograms/interfaces/Interval"}]},{"text":"Functions","items":[{"text":"bitReversed","link":"/api/exporter-base/histograms/functions/bitReversed"},{"text":"intervals","link":"/api/exporter-base/histograms/functions/intervals"},{"text":"mergeHistograms","link":"/api/exporter-base/histograms/functions/mergeHistograms"},{"text":"millisOfUnit","link":"/api/exporter-base/histograms/functions/millisOfUnit"},{"text":"quantile","link":"/api/exporter-base/histograms/functions/quantile"},{"text":"quantiles","link":"/api/exporter-base/histograms/functions/quantiles"},{"text":"rankMeans","link":"/api/exporter-base/histograms/functions/rankMeans"},{"text":"toExponential","link":"/api/exporter-base/histograms/functions/toExponential"}]}],"collapsed":true},{"text":"@tallykit/exporter-base/sockets","link":"/api/exporter-base/sockets/","items":[{"text":"Classes","items":[{"text":"ClientTransport","link":"/api/exporter-base/sockets/classes/ClientTransport"},{"text":"SocketDelivery","link":"/api/exporter-base/sockets/classes/SocketDelivery"},{"text":"StreamTransport","link":"/api/exporter-base/sockets/classes/StreamTransport"},{"text":"UdpTransport","link":"/api/exporter-base/sockets/classes/UdpTransport"},{"text":"UnixgramTransport","link":"/api/exporter-base/sockets/classes/UnixgramTransport"}]},{"text":"Interfaces","items":[{"text":"AddressAdvice","link":"/api/exporter-base/sockets/interfaces/AddressAdvice"},{"text":"AddressOptions","link":"/api/exporter-base/sockets/interfaces/AddressOptions"},{"text":"NetworkAddress","link":"/api/exporter-base/sockets/interfaces/NetworkAddress"},{"text":"PayloadSender","link":"/api/exporter-base/sockets/interfaces/PayloadSender"},{"text":"StreamTransportOptions","link":"/api/exporter-base/sockets/interfaces/StreamTransportOptions"},{"text":"UdpTransportOptions","link":"/api/exporter-base/sockets/interfaces/UdpTransportOptions"},{"text":"UnixgramModule","link":"/api/exporter-base/sockets/interfaces/UnixgramModule"},{"text":"UnixgramTransportOptions","link":"/api/exporter-base/sockets/interfaces/UnixgramTransportOptions"}]},{"text":"Type Aliases","items":[{"text":"GivenClient","link":"/api/exporter-base/sockets/type-aliases/GivenClient"}]},{"text":"Functions","items":[{"text":"clientPacing","link":"/api/exporter-base/sockets/functions/clientPacing"},{"text":"clientPlace","link":"/api/exporter-base/sockets/functions/clientPlace"},{"text":"parseAddress","link":"/api/exporter-base/sockets/functions/parseAddress"},{"text":"readAddress","link":"/api/exporter-base/sockets/functions/readAddress"},{"text":"readClient","link":"/api/exporter-base/sockets/functions/readClient"},{"text":"readSocketPath","link":"/api/exporter-base/sockets/functions/readSocketPath"}]}],"collapsed":true}]}],"/":[{"text":"Guides","items":[{"text":"Start","link":"/"},{"text":"Ten everyday tasks","link":"/guides/tasks"},{"text":"Upgrade from 0.1 to 0.2","link":"/guides/upgrade-to-0.2"}]},{"text":"Coming from another library","items":[{"text":"From datadog-metrics","link":"/guides/migration/from-datadog-metrics"},{"text":"From dd-trace's dogstatsd","link":"/guides/migration/from-dd-trace"},{"text":"From hot-shots","link":"/guides/migration/from-hot-shots"},{"text":"From OpenTelemetry alone","link":"/guides/migration/from-opentelemetry"},{"text":"From prom-client","link":"/guides/migration/from-prom-client"},{"text":"From Sentry's metrics in Python","link":"/guides/migration/from-sentry"}]},{"text":"Packages","items":[{"text":"@tallykit/metrics","link":"/packages/metrics/"},{"text":"@tallykit/node","link":"/packages/node/"},{"text":"@tallykit/exporter-statsd","link":"/packages/exporter-statsd/"},{"text":"@tallykit/exporter-dogstatsd","link":"/packages/exporter-dogstatsd/"},{"text":"@tallykit/exporter-datadog-http","link":"/packages/exporter-datadog-http/"},{"text":"@tallykit/exporter-logging","link":"/packages/exporter-logging/"},{"text":"@tallykit/exporter-noop","link":"/packages/exporter-noop/"},{"text":"@tallykit/tsdb","link":"/packages/tsdb/"},{"text":"@tallykit/testkit","link":"/packages/testkit/"},{"text":"@tallykit/cli","link":"/packages/cli/"},{"text":"@tallykit/exporter-base","link":"/packages/exporter-base/"}]},{"text":"Contributing","items":[{"text":"Contributing","link":"/contributing"},{"text":"Architecture","link":"/architecture"},{"text":"Security","link":"/security"},{"text":"Code of conduct","link":"/code-of-conduct"}]}]},"outline":{"level":[2,3]},"search":{"provider":"local"},"editLink":{"pattern":"https://github.com/OWNER/tallykit/edit/main/:path","text":"Edit this page"},"socialLinks":[{"icon":"github","link":"https://github.com/OWNER/tallykit"}],"footer":{"message":"Apache License 2.0"}},"locales":{},"scrollOffset":134,"cleanUrls":true}`));
function tryOnScopeDispose(fn) {
  if (runtimeDom_cjs_prod.getCurrentScope()) {
    runtimeDom_cjs_prod.onScopeDispose(fn);
    return true;
  }
  return false;
}
const localProvidedStateMap = /* @__PURE__ */ new WeakMap();
const injectLocal = (...args) => {
  var _a;
  const key = args[0];
  const instance = (_a = runtimeDom_cjs_prod.getCurrentInstance()) == null ? void 0 : _a.proxy;
  if (instance == null && !runtimeDom_cjs_prod.hasInjectionContext())
    throw new Error("injectLocal must be called in setup");
  if (instance && localProvidedStateMap.has(instance) && key in localProvidedStateMap.get(instance))
    return localProvidedStateMap.get(instance)[key];
  return runtimeDom_cjs_prod.inject(...args);
};
const isClient = typeof window !== "undefined" && typeof document !== "undefined";
typeof WorkerGlobalScope !== "undefined" && globalThis instanceof WorkerGlobalScope;
const notNullish = (val) => val != null;
const toString = Object.prototype.toString;
const isObject = (val) => toString.call(val) === "[object Object]";
const noop = () => {
};
const isIOS = /* @__PURE__ */ getIsIOS();
function getIsIOS() {
  var _a, _b;
  return isClient && ((_a = window == null ? void 0 : window.navigator) == null ? void 0 : _a.userAgent) && (/iP(?:ad|hone|od)/.test(window.navigator.userAgent) || ((_b = window == null ? void 0 : window.navigator) == null ? void 0 : _b.maxTouchPoints) > 2 && /iPad|Macintosh/.test(window == null ? void 0 : window.navigator.userAgent));
}
function createFilterWrapper(filter, fn) {
  function wrapper(...args) {
    return new Promise((resolve, reject) => {
      Promise.resolve(filter(() => fn.apply(this, args), { fn, thisArg: this, args })).then(resolve).catch(reject);
    });
  }
  return wrapper;
}
const bypassFilter = (invoke) => {
  return invoke();
};
function debounceFilter(ms, options = {}) {
  let timer;
  let maxTimer;
  let lastRejector = noop;
  const _clearTimeout = (timer2) => {
    clearTimeout(timer2);
    lastRejector();
    lastRejector = noop;
  };
  let lastInvoker;
  const filter = (invoke) => {
    const duration = runtimeDom_cjs_prod.toValue(ms);
    const maxDuration = runtimeDom_cjs_prod.toValue(options.maxWait);
    if (timer)
      _clearTimeout(timer);
    if (duration <= 0 || maxDuration !== void 0 && maxDuration <= 0) {
      if (maxTimer) {
        _clearTimeout(maxTimer);
        maxTimer = null;
      }
      return Promise.resolve(invoke());
    }
    return new Promise((resolve, reject) => {
      lastRejector = options.rejectOnCancel ? reject : resolve;
      lastInvoker = invoke;
      if (maxDuration && !maxTimer) {
        maxTimer = setTimeout(() => {
          if (timer)
            _clearTimeout(timer);
          maxTimer = null;
          resolve(lastInvoker());
        }, maxDuration);
      }
      timer = setTimeout(() => {
        if (maxTimer)
          _clearTimeout(maxTimer);
        maxTimer = null;
        resolve(invoke());
      }, duration);
    });
  };
  return filter;
}
function throttleFilter(...args) {
  let lastExec = 0;
  let timer;
  let isLeading = true;
  let lastRejector = noop;
  let lastValue;
  let ms;
  let trailing;
  let leading;
  let rejectOnCancel;
  if (!runtimeDom_cjs_prod.isRef(args[0]) && typeof args[0] === "object")
    ({ delay: ms, trailing = true, leading = true, rejectOnCancel = false } = args[0]);
  else
    [ms, trailing = true, leading = true, rejectOnCancel = false] = args;
  const clear = () => {
    if (timer) {
      clearTimeout(timer);
      timer = void 0;
      lastRejector();
      lastRejector = noop;
    }
  };
  const filter = (_invoke) => {
    const duration = runtimeDom_cjs_prod.toValue(ms);
    const elapsed = Date.now() - lastExec;
    const invoke = () => {
      return lastValue = _invoke();
    };
    clear();
    if (duration <= 0) {
      lastExec = Date.now();
      return invoke();
    }
    if (elapsed > duration && (leading || !isLeading)) {
      lastExec = Date.now();
      invoke();
    } else if (trailing) {
      lastValue = new Promise((resolve, reject) => {
        lastRejector = rejectOnCancel ? reject : resolve;
        timer = setTimeout(() => {
          lastExec = Date.now();
          isLeading = true;
          resolve(invoke());
          clear();
        }, Math.max(0, duration - elapsed));
      });
    }
    if (!leading && !timer)
      timer = setTimeout(() => isLeading = true, duration);
    isLeading = false;
    return lastValue;
  };
  return filter;
}
function pausableFilter(extendFilter = bypassFilter, options = {}) {
  const {
    initialState = "active"
  } = options;
  const isActive2 = toRef(initialState === "active");
  function pause() {
    isActive2.value = false;
  }
  function resume() {
    isActive2.value = true;
  }
  const eventFilter = (...args) => {
    if (isActive2.value)
      extendFilter(...args);
  };
  return { isActive: runtimeDom_cjs_prod.readonly(isActive2), pause, resume, eventFilter };
}
function pxValue(px) {
  return px.endsWith("rem") ? Number.parseFloat(px) * 16 : Number.parseFloat(px);
}
function getLifeCycleTarget(target) {
  return runtimeDom_cjs_prod.getCurrentInstance();
}
function toArray(value) {
  return Array.isArray(value) ? value : [value];
}
function toRef(...args) {
  if (args.length !== 1)
    return runtimeDom_cjs_prod.toRef(...args);
  const r = args[0];
  return typeof r === "function" ? runtimeDom_cjs_prod.readonly(runtimeDom_cjs_prod.customRef(() => ({ get: r, set: noop }))) : runtimeDom_cjs_prod.ref(r);
}
function useDebounceFn(fn, ms = 200, options = {}) {
  return createFilterWrapper(
    debounceFilter(ms, options),
    fn
  );
}
function useThrottleFn(fn, ms = 200, trailing = false, leading = true, rejectOnCancel = false) {
  return createFilterWrapper(
    throttleFilter(ms, trailing, leading, rejectOnCancel),
    fn
  );
}
function watchWithFilter(source, cb, options = {}) {
  const {
    eventFilter = bypassFilter,
    ...watchOptions
  } = options;
  return runtimeDom_cjs_prod.watch(
    source,
    createFilterWrapper(
      eventFilter,
      cb
    ),
    watchOptions
  );
}
function watchPausable(source, cb, options = {}) {
  const {
    eventFilter: filter,
    initialState = "active",
    ...watchOptions
  } = options;
  const { eventFilter, pause, resume, isActive: isActive2 } = pausableFilter(filter, { initialState });
  const stop = watchWithFilter(
    source,
    cb,
    {
      ...watchOptions,
      eventFilter
    }
  );
  return { stop, pause, resume, isActive: isActive2 };
}
function tryOnMounted(fn, sync = true, target) {
  const instance = getLifeCycleTarget();
  if (instance)
    runtimeDom_cjs_prod.onMounted(fn, target);
  else if (sync)
    fn();
  else
    runtimeDom_cjs_prod.nextTick(fn);
}
function watchDebounced(source, cb, options = {}) {
  const {
    debounce = 0,
    maxWait = void 0,
    ...watchOptions
  } = options;
  return watchWithFilter(
    source,
    cb,
    {
      ...watchOptions,
      eventFilter: debounceFilter(debounce, { maxWait })
    }
  );
}
function watchImmediate(source, cb, options) {
  return runtimeDom_cjs_prod.watch(
    source,
    cb,
    {
      ...options,
      immediate: true
    }
  );
}
function computedAsync(evaluationCallback, initialState, optionsOrRef) {
  let options;
  if (runtimeDom_cjs_prod.isRef(optionsOrRef)) {
    options = {
      evaluating: optionsOrRef
    };
  } else {
    options = {};
  }
  const {
    lazy = false,
    evaluating = void 0,
    shallow = true,
    onError = noop
  } = options;
  const started = runtimeDom_cjs_prod.shallowRef(!lazy);
  const current = shallow ? runtimeDom_cjs_prod.shallowRef(initialState) : runtimeDom_cjs_prod.ref(initialState);
  let counter = 0;
  runtimeDom_cjs_prod.watchEffect(async (onInvalidate) => {
    if (!started.value)
      return;
    counter++;
    const counterAtBeginning = counter;
    let hasFinished = false;
    if (evaluating) {
      Promise.resolve().then(() => {
        evaluating.value = true;
      });
    }
    try {
      const result = await evaluationCallback((cancelCallback) => {
        onInvalidate(() => {
          if (evaluating)
            evaluating.value = false;
          if (!hasFinished)
            cancelCallback();
        });
      });
      if (counterAtBeginning === counter)
        current.value = result;
    } catch (e) {
      onError(e);
    } finally {
      if (evaluating && counterAtBeginning === counter)
        evaluating.value = false;
      hasFinished = true;
    }
  });
  if (lazy) {
    return runtimeDom_cjs_prod.computed(() => {
      started.value = true;
      return current.value;
    });
  } else {
    return current;
  }
}
const defaultWindow = isClient ? window : void 0;
function unrefElement(elRef) {
  var _a;
  const plain = runtimeDom_cjs_prod.toValue(elRef);
  return (_a = plain == null ? void 0 : plain.$el) != null ? _a : plain;
}
function useEventListener(...args) {
  const cleanups = [];
  const cleanup = () => {
    cleanups.forEach((fn) => fn());
    cleanups.length = 0;
  };
  const register = (el, event, listener, options) => {
    el.addEventListener(event, listener, options);
    return () => el.removeEventListener(event, listener, options);
  };
  const firstParamTargets = runtimeDom_cjs_prod.computed(() => {
    const test = toArray(runtimeDom_cjs_prod.toValue(args[0])).filter((e) => e != null);
    return test.every((e) => typeof e !== "string") ? test : void 0;
  });
  const stopWatch = watchImmediate(
    () => {
      var _a, _b;
      return [
        (_b = (_a = firstParamTargets.value) == null ? void 0 : _a.map((e) => unrefElement(e))) != null ? _b : [defaultWindow].filter((e) => e != null),
        toArray(runtimeDom_cjs_prod.toValue(firstParamTargets.value ? args[1] : args[0])),
        toArray(runtimeDom_cjs_prod.unref(firstParamTargets.value ? args[2] : args[1])),
        // @ts-expect-error - TypeScript gets the correct types, but somehow still complains
        runtimeDom_cjs_prod.toValue(firstParamTargets.value ? args[3] : args[2])
      ];
    },
    ([raw_targets, raw_events, raw_listeners, raw_options]) => {
      cleanup();
      if (!(raw_targets == null ? void 0 : raw_targets.length) || !(raw_events == null ? void 0 : raw_events.length) || !(raw_listeners == null ? void 0 : raw_listeners.length))
        return;
      const optionsClone = isObject(raw_options) ? { ...raw_options } : raw_options;
      cleanups.push(
        ...raw_targets.flatMap(
          (el) => raw_events.flatMap(
            (event) => raw_listeners.map((listener) => register(el, event, listener, optionsClone))
          )
        )
      );
    },
    { flush: "post" }
  );
  const stop = () => {
    stopWatch();
    cleanup();
  };
  tryOnScopeDispose(cleanup);
  return stop;
}
function useMounted() {
  const isMounted = runtimeDom_cjs_prod.shallowRef(false);
  const instance = runtimeDom_cjs_prod.getCurrentInstance();
  if (instance) {
    runtimeDom_cjs_prod.onMounted(() => {
      isMounted.value = true;
    }, instance);
  }
  return isMounted;
}
function useSupported(callback) {
  const isMounted = useMounted();
  return runtimeDom_cjs_prod.computed(() => {
    isMounted.value;
    return Boolean(callback());
  });
}
function createKeyPredicate(keyFilter) {
  if (typeof keyFilter === "function")
    return keyFilter;
  else if (typeof keyFilter === "string")
    return (event) => event.key === keyFilter;
  else if (Array.isArray(keyFilter))
    return (event) => keyFilter.includes(event.key);
  return () => true;
}
function onKeyStroke(...args) {
  let key;
  let handler;
  let options = {};
  if (args.length === 3) {
    key = args[0];
    handler = args[1];
    options = args[2];
  } else if (args.length === 2) {
    if (typeof args[1] === "object") {
      key = true;
      handler = args[0];
      options = args[1];
    } else {
      key = args[0];
      handler = args[1];
    }
  } else {
    key = true;
    handler = args[0];
  }
  const {
    target = defaultWindow,
    eventName = "keydown",
    passive = false,
    dedupe = false
  } = options;
  const predicate = createKeyPredicate(key);
  const listener = (e) => {
    if (e.repeat && runtimeDom_cjs_prod.toValue(dedupe))
      return;
    if (predicate(e))
      handler(e);
  };
  return useEventListener(target, eventName, listener, passive);
}
const ssrWidthSymbol = Symbol("vueuse-ssr-width");
function useSSRWidth() {
  const ssrWidth = runtimeDom_cjs_prod.hasInjectionContext() ? injectLocal(ssrWidthSymbol, null) : null;
  return typeof ssrWidth === "number" ? ssrWidth : void 0;
}
function useMediaQuery(query, options = {}) {
  const { window: window2 = defaultWindow, ssrWidth = useSSRWidth() } = options;
  const isSupported = useSupported(() => window2 && "matchMedia" in window2 && typeof window2.matchMedia === "function");
  const ssrSupport = runtimeDom_cjs_prod.shallowRef(typeof ssrWidth === "number");
  const mediaQuery = runtimeDom_cjs_prod.shallowRef();
  const matches = runtimeDom_cjs_prod.shallowRef(false);
  const handler = (event) => {
    matches.value = event.matches;
  };
  runtimeDom_cjs_prod.watchEffect(() => {
    if (ssrSupport.value) {
      ssrSupport.value = !isSupported.value;
      const queryStrings = runtimeDom_cjs_prod.toValue(query).split(",");
      matches.value = queryStrings.some((queryString) => {
        const not = queryString.includes("not all");
        const minWidth = queryString.match(/\(\s*min-width:\s*(-?\d+(?:\.\d*)?[a-z]+\s*)\)/);
        const maxWidth = queryString.match(/\(\s*max-width:\s*(-?\d+(?:\.\d*)?[a-z]+\s*)\)/);
        let res = Boolean(minWidth || maxWidth);
        if (minWidth && res) {
          res = ssrWidth >= pxValue(minWidth[1]);
        }
        if (maxWidth && res) {
          res = ssrWidth <= pxValue(maxWidth[1]);
        }
        return not ? !res : res;
      });
      return;
    }
    if (!isSupported.value)
      return;
    mediaQuery.value = window2.matchMedia(runtimeDom_cjs_prod.toValue(query));
    matches.value = mediaQuery.value.matches;
  });
  useEventListener(mediaQuery, "change", handler, { passive: true });
  return runtimeDom_cjs_prod.computed(() => matches.value);
}
const _global = typeof globalThis !== "undefined" ? globalThis : typeof window !== "undefined" ? window : typeof global !== "undefined" ? global : typeof self !== "undefined" ? self : {};
const globalKey = "__vueuse_ssr_handlers__";
const handlers = /* @__PURE__ */ getHandlers();
function getHandlers() {
  if (!(globalKey in _global))
    _global[globalKey] = _global[globalKey] || {};
  return _global[globalKey];
}
function getSSRHandler(key, fallback) {
  return handlers[key] || fallback;
}
function usePreferredDark(options) {
  return useMediaQuery("(prefers-color-scheme: dark)", options);
}
function guessSerializerType(rawInit) {
  return rawInit == null ? "any" : rawInit instanceof Set ? "set" : rawInit instanceof Map ? "map" : rawInit instanceof Date ? "date" : typeof rawInit === "boolean" ? "boolean" : typeof rawInit === "string" ? "string" : typeof rawInit === "object" ? "object" : !Number.isNaN(rawInit) ? "number" : "any";
}
const StorageSerializers = {
  boolean: {
    read: (v) => v === "true",
    write: (v) => String(v)
  },
  object: {
    read: (v) => JSON.parse(v),
    write: (v) => JSON.stringify(v)
  },
  number: {
    read: (v) => Number.parseFloat(v),
    write: (v) => String(v)
  },
  any: {
    read: (v) => v,
    write: (v) => String(v)
  },
  string: {
    read: (v) => v,
    write: (v) => String(v)
  },
  map: {
    read: (v) => new Map(JSON.parse(v)),
    write: (v) => JSON.stringify(Array.from(v.entries()))
  },
  set: {
    read: (v) => new Set(JSON.parse(v)),
    write: (v) => JSON.stringify(Array.from(v))
  },
  date: {
    read: (v) => new Date(v),
    write: (v) => v.toISOString()
  }
};
const customStorageEventName = "vueuse-storage";
function useStorage(key, defaults, storage, options = {}) {
  var _a;
  const {
    flush = "pre",
    deep = true,
    listenToStorageChanges = true,
    writeDefaults = true,
    mergeDefaults = false,
    shallow,
    window: window2 = defaultWindow,
    eventFilter,
    onError = (e) => {
      console.error(e);
    },
    initOnMounted
  } = options;
  const data = (shallow ? runtimeDom_cjs_prod.shallowRef : runtimeDom_cjs_prod.ref)(typeof defaults === "function" ? defaults() : defaults);
  const keyComputed = runtimeDom_cjs_prod.computed(() => runtimeDom_cjs_prod.toValue(key));
  if (!storage) {
    try {
      storage = getSSRHandler("getDefaultStorage", () => {
        var _a2;
        return (_a2 = defaultWindow) == null ? void 0 : _a2.localStorage;
      })();
    } catch (e) {
      onError(e);
    }
  }
  if (!storage)
    return data;
  const rawInit = runtimeDom_cjs_prod.toValue(defaults);
  const type = guessSerializerType(rawInit);
  const serializer = (_a = options.serializer) != null ? _a : StorageSerializers[type];
  const { pause: pauseWatch, resume: resumeWatch } = watchPausable(
    data,
    () => write(data.value),
    { flush, deep, eventFilter }
  );
  runtimeDom_cjs_prod.watch(keyComputed, () => update(), { flush });
  if (window2 && listenToStorageChanges) {
    tryOnMounted(() => {
      if (storage instanceof Storage)
        useEventListener(window2, "storage", update, { passive: true });
      else
        useEventListener(window2, customStorageEventName, updateFromCustomEvent);
      if (initOnMounted)
        update();
    });
  }
  if (!initOnMounted)
    update();
  function dispatchWriteEvent(oldValue, newValue) {
    if (window2) {
      const payload = {
        key: keyComputed.value,
        oldValue,
        newValue,
        storageArea: storage
      };
      window2.dispatchEvent(storage instanceof Storage ? new StorageEvent("storage", payload) : new CustomEvent(customStorageEventName, {
        detail: payload
      }));
    }
  }
  function write(v) {
    try {
      const oldValue = storage.getItem(keyComputed.value);
      if (v == null) {
        dispatchWriteEvent(oldValue, null);
        storage.removeItem(keyComputed.value);
      } else {
        const serialized = serializer.write(v);
        if (oldValue !== serialized) {
          storage.setItem(keyComputed.value, serialized);
          dispatchWriteEvent(oldValue, serialized);
        }
      }
    } catch (e) {
      onError(e);
    }
  }
  function read(event) {
    const rawValue = event ? event.newValue : storage.getItem(keyComputed.value);
    if (rawValue == null) {
      if (writeDefaults && rawInit != null)
        storage.setItem(keyComputed.value, serializer.write(rawInit));
      return rawInit;
    } else if (!event && mergeDefaults) {
      const value = serializer.read(rawValue);
      if (typeof mergeDefaults === "function")
        return mergeDefaults(value, rawInit);
      else if (type === "object" && !Array.isArray(value))
        return { ...rawInit, ...value };
      return value;
    } else if (typeof rawValue !== "string") {
      return rawValue;
    } else {
      return serializer.read(rawValue);
    }
  }
  function update(event) {
    if (event && event.storageArea !== storage)
      return;
    if (event && event.key == null) {
      data.value = rawInit;
      return;
    }
    if (event && event.key !== keyComputed.value)
      return;
    pauseWatch();
    try {
      if ((event == null ? void 0 : event.newValue) !== serializer.write(data.value))
        data.value = read(event);
    } catch (e) {
      onError(e);
    } finally {
      if (event)
        runtimeDom_cjs_prod.nextTick(resumeWatch);
      else
        resumeWatch();
    }
  }
  function updateFromCustomEvent(event) {
    update(event.detail);
  }
  return data;
}
const CSS_DISABLE_TRANS = "*,*::before,*::after{-webkit-transition:none!important;-moz-transition:none!important;-o-transition:none!important;-ms-transition:none!important;transition:none!important}";
function useColorMode(options = {}) {
  const {
    selector = "html",
    attribute = "class",
    initialValue = "auto",
    window: window2 = defaultWindow,
    storage,
    storageKey = "vueuse-color-scheme",
    listenToStorageChanges = true,
    storageRef,
    emitAuto,
    disableTransition = true
  } = options;
  const modes = {
    auto: "",
    light: "light",
    dark: "dark",
    ...options.modes || {}
  };
  const preferredDark = usePreferredDark({ window: window2 });
  const system = runtimeDom_cjs_prod.computed(() => preferredDark.value ? "dark" : "light");
  const store = storageRef || (storageKey == null ? toRef(initialValue) : useStorage(storageKey, initialValue, storage, { window: window2, listenToStorageChanges }));
  const state = runtimeDom_cjs_prod.computed(() => store.value === "auto" ? system.value : store.value);
  const updateHTMLAttrs = getSSRHandler(
    "updateHTMLAttrs",
    (selector2, attribute2, value) => {
      const el = typeof selector2 === "string" ? window2 == null ? void 0 : window2.document.querySelector(selector2) : unrefElement(selector2);
      if (!el)
        return;
      const classesToAdd = /* @__PURE__ */ new Set();
      const classesToRemove = /* @__PURE__ */ new Set();
      let attributeToChange = null;
      if (attribute2 === "class") {
        const current = value.split(/\s/g);
        Object.values(modes).flatMap((i) => (i || "").split(/\s/g)).filter(Boolean).forEach((v) => {
          if (current.includes(v))
            classesToAdd.add(v);
          else
            classesToRemove.add(v);
        });
      } else {
        attributeToChange = { key: attribute2, value };
      }
      if (classesToAdd.size === 0 && classesToRemove.size === 0 && attributeToChange === null)
        return;
      let style;
      if (disableTransition) {
        style = window2.document.createElement("style");
        style.appendChild(document.createTextNode(CSS_DISABLE_TRANS));
        window2.document.head.appendChild(style);
      }
      for (const c of classesToAdd) {
        el.classList.add(c);
      }
      for (const c of classesToRemove) {
        el.classList.remove(c);
      }
      if (attributeToChange) {
        el.setAttribute(attributeToChange.key, attributeToChange.value);
      }
      if (disableTransition) {
        window2.getComputedStyle(style).opacity;
        document.head.removeChild(style);
      }
    }
  );
  function defaultOnChanged(mode) {
    var _a;
    updateHTMLAttrs(selector, attribute, (_a = modes[mode]) != null ? _a : mode);
  }
  function onChanged(mode) {
    if (options.onChanged)
      options.onChanged(mode, defaultOnChanged);
    else
      defaultOnChanged(mode);
  }
  runtimeDom_cjs_prod.watch(state, onChanged, { flush: "post", immediate: true });
  tryOnMounted(() => onChanged(state.value));
  const auto = runtimeDom_cjs_prod.computed({
    get() {
      return emitAuto ? store.value : state.value;
    },
    set(v) {
      store.value = v;
    }
  });
  return Object.assign(auto, { store, system, state });
}
function useDark(options = {}) {
  const {
    valueDark = "dark",
    valueLight = ""
  } = options;
  const mode = useColorMode({
    ...options,
    onChanged: (mode2, defaultHandler) => {
      var _a;
      if (options.onChanged)
        (_a = options.onChanged) == null ? void 0 : _a.call(options, mode2 === "dark", defaultHandler, mode2);
      else
        defaultHandler(mode2);
    },
    modes: {
      dark: valueDark,
      light: valueLight
    }
  });
  const system = runtimeDom_cjs_prod.computed(() => mode.system.value);
  const isDark = runtimeDom_cjs_prod.computed({
    get() {
      return mode.value === "dark";
    },
    set(v) {
      const modeVal = v ? "dark" : "light";
      if (system.value === modeVal)
        mode.value = "auto";
      else
        mode.value = modeVal;
    }
  });
  return isDark;
}
function resolveElement(el) {
  if (typeof Window !== "undefined" && el instanceof Window)
    return el.document.documentElement;
  if (typeof Document !== "undefined" && el instanceof Document)
    return el.documentElement;
  return el;
}
const ARRIVED_STATE_THRESHOLD_PIXELS = 1;
function useScroll(element, options = {}) {
  const {
    throttle = 0,
    idle = 200,
    onStop = noop,
    onScroll = noop,
    offset = {
      left: 0,
      right: 0,
      top: 0,
      bottom: 0
    },
    eventListenerOptions = {
      capture: false,
      passive: true
    },
    behavior = "auto",
    window: window2 = defaultWindow,
    onError = (e) => {
      console.error(e);
    }
  } = options;
  const internalX = runtimeDom_cjs_prod.shallowRef(0);
  const internalY = runtimeDom_cjs_prod.shallowRef(0);
  const x = runtimeDom_cjs_prod.computed({
    get() {
      return internalX.value;
    },
    set(x2) {
      scrollTo2(x2, void 0);
    }
  });
  const y = runtimeDom_cjs_prod.computed({
    get() {
      return internalY.value;
    },
    set(y2) {
      scrollTo2(void 0, y2);
    }
  });
  function scrollTo2(_x, _y) {
    var _a, _b, _c, _d;
    if (!window2)
      return;
    const _element = runtimeDom_cjs_prod.toValue(element);
    if (!_element)
      return;
    (_c = _element instanceof Document ? window2.document.body : _element) == null ? void 0 : _c.scrollTo({
      top: (_a = runtimeDom_cjs_prod.toValue(_y)) != null ? _a : y.value,
      left: (_b = runtimeDom_cjs_prod.toValue(_x)) != null ? _b : x.value,
      behavior: runtimeDom_cjs_prod.toValue(behavior)
    });
    const scrollContainer = ((_d = _element == null ? void 0 : _element.document) == null ? void 0 : _d.documentElement) || (_element == null ? void 0 : _element.documentElement) || _element;
    if (x != null)
      internalX.value = scrollContainer.scrollLeft;
    if (y != null)
      internalY.value = scrollContainer.scrollTop;
  }
  const isScrolling = runtimeDom_cjs_prod.shallowRef(false);
  const arrivedState = runtimeDom_cjs_prod.reactive({
    left: true,
    right: false,
    top: true,
    bottom: false
  });
  const directions = runtimeDom_cjs_prod.reactive({
    left: false,
    right: false,
    top: false,
    bottom: false
  });
  const onScrollEnd = (e) => {
    if (!isScrolling.value)
      return;
    isScrolling.value = false;
    directions.left = false;
    directions.right = false;
    directions.top = false;
    directions.bottom = false;
    onStop(e);
  };
  const onScrollEndDebounced = useDebounceFn(onScrollEnd, throttle + idle);
  const setArrivedState = (target) => {
    var _a;
    if (!window2)
      return;
    const el = ((_a = target == null ? void 0 : target.document) == null ? void 0 : _a.documentElement) || (target == null ? void 0 : target.documentElement) || unrefElement(target);
    const { display, flexDirection, direction } = getComputedStyle(el);
    const directionMultipler = direction === "rtl" ? -1 : 1;
    const scrollLeft = el.scrollLeft;
    directions.left = scrollLeft < internalX.value;
    directions.right = scrollLeft > internalX.value;
    const left = Math.abs(scrollLeft * directionMultipler) <= (offset.left || 0);
    const right = Math.abs(scrollLeft * directionMultipler) + el.clientWidth >= el.scrollWidth - (offset.right || 0) - ARRIVED_STATE_THRESHOLD_PIXELS;
    if (display === "flex" && flexDirection === "row-reverse") {
      arrivedState.left = right;
      arrivedState.right = left;
    } else {
      arrivedState.left = left;
      arrivedState.right = right;
    }
    internalX.value = scrollLeft;
    let scrollTop = el.scrollTop;
    if (target === window2.document && !scrollTop)
      scrollTop = window2.document.body.scrollTop;
    directions.top = scrollTop < internalY.value;
    directions.bottom = scrollTop > internalY.value;
    const top = Math.abs(scrollTop) <= (offset.top || 0);
    const bottom = Math.abs(scrollTop) + el.clientHeight >= el.scrollHeight - (offset.bottom || 0) - ARRIVED_STATE_THRESHOLD_PIXELS;
    if (display === "flex" && flexDirection === "column-reverse") {
      arrivedState.top = bottom;
      arrivedState.bottom = top;
    } else {
      arrivedState.top = top;
      arrivedState.bottom = bottom;
    }
    internalY.value = scrollTop;
  };
  const onScrollHandler = (e) => {
    var _a;
    if (!window2)
      return;
    const eventTarget = (_a = e.target.documentElement) != null ? _a : e.target;
    setArrivedState(eventTarget);
    isScrolling.value = true;
    onScrollEndDebounced(e);
    onScroll(e);
  };
  useEventListener(
    element,
    "scroll",
    throttle ? useThrottleFn(onScrollHandler, throttle, true, false) : onScrollHandler,
    eventListenerOptions
  );
  tryOnMounted(() => {
    try {
      const _element = runtimeDom_cjs_prod.toValue(element);
      if (!_element)
        return;
      setArrivedState(_element);
    } catch (e) {
      onError(e);
    }
  });
  useEventListener(
    element,
    "scrollend",
    onScrollEnd,
    eventListenerOptions
  );
  return {
    x,
    y,
    isScrolling,
    arrivedState,
    directions,
    measure() {
      const _element = runtimeDom_cjs_prod.toValue(element);
      if (window2 && _element)
        setArrivedState(_element);
    }
  };
}
function useLocalStorage(key, initialValue, options = {}) {
  const { window: window2 = defaultWindow } = options;
  return useStorage(key, initialValue, window2 == null ? void 0 : window2.localStorage, options);
}
function checkOverflowScroll(ele) {
  const style = window.getComputedStyle(ele);
  if (style.overflowX === "scroll" || style.overflowY === "scroll" || style.overflowX === "auto" && ele.clientWidth < ele.scrollWidth || style.overflowY === "auto" && ele.clientHeight < ele.scrollHeight) {
    return true;
  } else {
    const parent = ele.parentNode;
    if (!parent || parent.tagName === "BODY")
      return false;
    return checkOverflowScroll(parent);
  }
}
function preventDefault(rawEvent) {
  const e = rawEvent || window.event;
  const _target = e.target;
  if (checkOverflowScroll(_target))
    return false;
  if (e.touches.length > 1)
    return true;
  if (e.preventDefault)
    e.preventDefault();
  return false;
}
const elInitialOverflow = /* @__PURE__ */ new WeakMap();
function useScrollLock(element, initialState = false) {
  const isLocked = runtimeDom_cjs_prod.shallowRef(initialState);
  let stopTouchMoveListener = null;
  let initialOverflow = "";
  runtimeDom_cjs_prod.watch(toRef(element), (el) => {
    const target = resolveElement(runtimeDom_cjs_prod.toValue(el));
    if (target) {
      const ele = target;
      if (!elInitialOverflow.get(ele))
        elInitialOverflow.set(ele, ele.style.overflow);
      if (ele.style.overflow !== "hidden")
        initialOverflow = ele.style.overflow;
      if (ele.style.overflow === "hidden")
        return isLocked.value = true;
      if (isLocked.value)
        return ele.style.overflow = "hidden";
    }
  }, {
    immediate: true
  });
  const lock = () => {
    const el = resolveElement(runtimeDom_cjs_prod.toValue(element));
    if (!el || isLocked.value)
      return;
    if (isIOS) {
      stopTouchMoveListener = useEventListener(
        el,
        "touchmove",
        (e) => {
          preventDefault(e);
        },
        { passive: false }
      );
    }
    el.style.overflow = "hidden";
    isLocked.value = true;
  };
  const unlock = () => {
    const el = resolveElement(runtimeDom_cjs_prod.toValue(element));
    if (!el || !isLocked.value)
      return;
    if (isIOS)
      stopTouchMoveListener == null ? void 0 : stopTouchMoveListener();
    el.style.overflow = initialOverflow;
    elInitialOverflow.delete(el);
    isLocked.value = false;
  };
  tryOnScopeDispose(unlock);
  return runtimeDom_cjs_prod.computed({
    get() {
      return isLocked.value;
    },
    set(v) {
      if (v)
        lock();
      else unlock();
    }
  });
}
function useSessionStorage(key, initialValue, options = {}) {
  const { window: window2 = defaultWindow } = options;
  return useStorage(key, initialValue, window2 == null ? void 0 : window2.sessionStorage, options);
}
function useWindowScroll(options = {}) {
  const { window: window2 = defaultWindow, ...rest } = options;
  return useScroll(window2, rest);
}
function useWindowSize(options = {}) {
  const {
    window: window2 = defaultWindow,
    initialWidth = Number.POSITIVE_INFINITY,
    initialHeight = Number.POSITIVE_INFINITY,
    listenOrientation = true,
    includeScrollbar = true,
    type = "inner"
  } = options;
  const width = runtimeDom_cjs_prod.shallowRef(initialWidth);
  const height = runtimeDom_cjs_prod.shallowRef(initialHeight);
  const update = () => {
    if (window2) {
      if (type === "outer") {
        width.value = window2.outerWidth;
        height.value = window2.outerHeight;
      } else if (type === "visual" && window2.visualViewport) {
        const { width: visualViewportWidth, height: visualViewportHeight, scale } = window2.visualViewport;
        width.value = Math.round(visualViewportWidth * scale);
        height.value = Math.round(visualViewportHeight * scale);
      } else if (includeScrollbar) {
        width.value = window2.innerWidth;
        height.value = window2.innerHeight;
      } else {
        width.value = window2.document.documentElement.clientWidth;
        height.value = window2.document.documentElement.clientHeight;
      }
    }
  };
  update();
  tryOnMounted(update);
  const listenerOptions = { passive: true };
  useEventListener("resize", update, listenerOptions);
  if (window2 && type === "visual" && window2.visualViewport) {
    useEventListener(window2.visualViewport, "resize", update, listenerOptions);
  }
  if (listenOrientation) {
    const matches = useMediaQuery("(orientation: portrait)");
    runtimeDom_cjs_prod.watch(matches, () => update());
  }
  return { width, height };
}
const __vite_import_meta_env__ = {};
const EXTERNAL_URL_RE = /^(?:[a-z]+:|\/\/)/i;
const APPEARANCE_KEY = "vitepress-theme-appearance";
const HASH_RE = /#.*$/;
const HASH_OR_QUERY_RE = /[?#].*$/;
const INDEX_OR_EXT_RE = /(?:(^|\/)index)?\.(?:md|html)$/;
const inBrowser = typeof document !== "undefined";
const notFoundPageData = {
  relativePath: "404.md",
  filePath: "",
  title: "404",
  description: "Not Found",
  headers: [],
  frontmatter: { sidebar: false, layout: "page" },
  lastUpdated: 0,
  isNotFound: true
};
function isActive(currentPath, matchPath, asRegex = false) {
  if (matchPath === void 0) {
    return false;
  }
  currentPath = normalize(`/${currentPath}`);
  if (asRegex) {
    return new RegExp(matchPath).test(currentPath);
  }
  if (normalize(matchPath) !== currentPath) {
    return false;
  }
  const hashMatch = matchPath.match(HASH_RE);
  if (hashMatch) {
    return (inBrowser ? location.hash : "") === hashMatch[0];
  }
  return true;
}
function normalize(path) {
  return decodeURI(path).replace(HASH_OR_QUERY_RE, "").replace(INDEX_OR_EXT_RE, "$1");
}
function isExternal(path) {
  return EXTERNAL_URL_RE.test(path);
}
function getLocaleForPath(siteData2, relativePath) {
  return Object.keys((siteData2 == null ? void 0 : siteData2.locales) || {}).find((key) => key !== "root" && !isExternal(key) && isActive(relativePath, `/${key}/`, true)) || "root";
}
function resolveSiteDataByRoute(siteData2, relativePath) {
  var _a, _b, _c, _d, _e, _f, _g;
  const localeIndex = getLocaleForPath(siteData2, relativePath);
  return Object.assign({}, siteData2, {
    localeIndex,
    lang: ((_a = siteData2.locales[localeIndex]) == null ? void 0 : _a.lang) ?? siteData2.lang,
    dir: ((_b = siteData2.locales[localeIndex]) == null ? void 0 : _b.dir) ?? siteData2.dir,
    title: ((_c = siteData2.locales[localeIndex]) == null ? void 0 : _c.title) ?? siteData2.title,
    titleTemplate: ((_d = siteData2.locales[localeIndex]) == null ? void 0 : _d.titleTemplate) ?? siteData2.titleTemplate,
    description: ((_e = siteData2.locales[localeIndex]) == null ? void 0 : _e.description) ?? siteData2.description,
    head: mergeHead(siteData2.head, ((_f = siteData2.locales[localeIndex]) == null ? void 0 : _f.head) ?? []),
    themeConfig: {
      ...siteData2.themeConfig,
      ...(_g = siteData2.locales[localeIndex]) == null ? void 0 : _g.themeConfig
    }
  });
}
function createTitle(siteData2, pageData) {
  const title = pageData.title || siteData2.title;
  const template = pageData.titleTemplate ?? siteData2.titleTemplate;
  if (typeof template === "string" && template.includes(":title")) {
    return template.replace(/:title/g, title);
  }
  const templateString = createTitleTemplate(siteData2.title, template);
  if (title === templateString.slice(3)) {
    return title;
  }
  return `${title}${templateString}`;
}
function createTitleTemplate(siteTitle, template) {
  if (template === false) {
    return "";
  }
  if (template === true || template === void 0) {
    return ` | ${siteTitle}`;
  }
  if (siteTitle === template) {
    return "";
  }
  return ` | ${template}`;
}
function hasTag(head, tag) {
  const [tagType, tagAttrs] = tag;
  if (tagType !== "meta")
    return false;
  const keyAttr = Object.entries(tagAttrs)[0];
  if (keyAttr == null)
    return false;
  return head.some(([type, attrs]) => type === tagType && attrs[keyAttr[0]] === keyAttr[1]);
}
function mergeHead(prev, curr) {
  return [...prev.filter((tagAttrs) => !hasTag(curr, tagAttrs)), ...curr];
}
const INVALID_CHAR_REGEX = /[\u0000-\u001F"#$&*+,:;<=>?[\]^`{|}\u007F]/g;
const DRIVE_LETTER_REGEX = /^[a-z]:/i;
function sanitizeFileName(name) {
  const match = DRIVE_LETTER_REGEX.exec(name);
  const driveLetter = match ? match[0] : "";
  return driveLetter + name.slice(driveLetter.length).replace(INVALID_CHAR_REGEX, "_").replace(/(^|\/)_+(?=[^/]*$)/, "$1");
}
const KNOWN_EXTENSIONS = /* @__PURE__ */ new Set();
function treatAsHtml(filename) {
  var _a;
  if (KNOWN_EXTENSIONS.size === 0) {
    const extraExts = typeof process === "object" && ((_a = process.env) == null ? void 0 : _a.VITE_EXTRA_EXTENSIONS) || (__vite_import_meta_env__ == null ? void 0 : __vite_import_meta_env__.VITE_EXTRA_EXTENSIONS) || "";
    ("3g2,3gp,aac,ai,apng,au,avif,bin,bmp,cer,class,conf,crl,css,csv,dll,doc,eps,epub,exe,gif,gz,ics,ief,jar,jpe,jpeg,jpg,js,json,jsonld,m4a,man,mid,midi,mjs,mov,mp2,mp3,mp4,mpe,mpeg,mpg,mpp,oga,ogg,ogv,ogx,opus,otf,p10,p7c,p7m,p7s,pdf,png,ps,qt,roff,rtf,rtx,ser,svg,t,tif,tiff,tr,ts,tsv,ttf,txt,vtt,wav,weba,webm,webp,woff,woff2,xhtml,xml,yaml,yml,zip" + (extraExts && typeof extraExts === "string" ? "," + extraExts : "")).split(",").forEach((ext2) => KNOWN_EXTENSIONS.add(ext2));
  }
  const ext = filename.split(".").pop();
  return ext == null || !KNOWN_EXTENSIONS.has(ext.toLowerCase());
}
function escapeRegExp(str) {
  return str.replace(/[|\\{}()[\]^$+*?.]/g, "\\$&").replace(/-/g, "\\x2d");
}
const dataSymbol = Symbol();
const siteDataRef = runtimeDom_cjs_prod.shallowRef(siteData);
function initData(route) {
  const site = runtimeDom_cjs_prod.computed(() => resolveSiteDataByRoute(siteDataRef.value, route.data.relativePath));
  const appearance = site.value.appearance;
  const isDark = appearance === "force-dark" ? runtimeDom_cjs_prod.ref(true) : appearance === "force-auto" ? usePreferredDark() : appearance ? useDark({
    storageKey: APPEARANCE_KEY,
    initialValue: () => appearance === "dark" ? "dark" : "auto",
    ...typeof appearance === "object" ? appearance : {}
  }) : runtimeDom_cjs_prod.ref(false);
  const hashRef = runtimeDom_cjs_prod.ref(inBrowser ? location.hash : "");
  if (inBrowser) {
    window.addEventListener("hashchange", () => {
      hashRef.value = location.hash;
    });
  }
  runtimeDom_cjs_prod.watch(() => route.data, () => {
    hashRef.value = inBrowser ? location.hash : "";
  });
  return {
    site,
    theme: runtimeDom_cjs_prod.computed(() => site.value.themeConfig),
    page: runtimeDom_cjs_prod.computed(() => route.data),
    frontmatter: runtimeDom_cjs_prod.computed(() => route.data.frontmatter),
    params: runtimeDom_cjs_prod.computed(() => route.data.params),
    lang: runtimeDom_cjs_prod.computed(() => site.value.lang),
    dir: runtimeDom_cjs_prod.computed(() => route.data.frontmatter.dir || site.value.dir),
    localeIndex: runtimeDom_cjs_prod.computed(() => site.value.localeIndex || "root"),
    title: runtimeDom_cjs_prod.computed(() => createTitle(site.value, route.data)),
    description: runtimeDom_cjs_prod.computed(() => route.data.description || site.value.description),
    isDark,
    hash: runtimeDom_cjs_prod.computed(() => hashRef.value)
  };
}
function useData$1() {
  const data = runtimeDom_cjs_prod.inject(dataSymbol);
  if (!data) {
    throw new Error("vitepress data not properly injected in app");
  }
  return data;
}
function joinPath(base, path) {
  return `${base}${path}`.replace(/\/+/g, "/");
}
function withBase(path) {
  return EXTERNAL_URL_RE.test(path) || !path.startsWith("/") ? path : joinPath(siteDataRef.value.base, path);
}
function pathToFile(path) {
  let pagePath = path.replace(/\.html$/, "");
  pagePath = decodeURIComponent(pagePath);
  pagePath = pagePath.replace(/\/$/, "/index");
  {
    if (inBrowser) {
      const base = "/tallykit/";
      pagePath = sanitizeFileName(pagePath.slice(base.length).replace(/\//g, "_") || "index") + ".md";
      let pageHash = __VP_HASH_MAP__[pagePath.toLowerCase()];
      if (!pageHash) {
        pagePath = pagePath.endsWith("_index.md") ? pagePath.slice(0, -9) + ".md" : pagePath.slice(0, -3) + "_index.md";
        pageHash = __VP_HASH_MAP__[pagePath.toLowerCase()];
      }
      if (!pageHash)
        return null;
      pagePath = `${base}${"assets"}/${pagePath}.${pageHash}.js`;
    } else {
      pagePath = `./${sanitizeFileName(pagePath.slice(1).replace(/\//g, "_"))}.md.js`;
    }
  }
  return pagePath;
}
let contentUpdatedCallbacks = [];
function onContentUpdated(fn) {
  contentUpdatedCallbacks.push(fn);
  runtimeDom_cjs_prod.onUnmounted(() => {
    contentUpdatedCallbacks = contentUpdatedCallbacks.filter((f) => f !== fn);
  });
}
function getScrollOffset() {
  let scrollOffset = siteDataRef.value.scrollOffset;
  let offset = 0;
  let padding = 24;
  if (typeof scrollOffset === "object" && "padding" in scrollOffset) {
    padding = scrollOffset.padding;
    scrollOffset = scrollOffset.selector;
  }
  if (typeof scrollOffset === "number") {
    offset = scrollOffset;
  } else if (typeof scrollOffset === "string") {
    offset = tryOffsetSelector(scrollOffset, padding);
  } else if (Array.isArray(scrollOffset)) {
    for (const selector of scrollOffset) {
      const res = tryOffsetSelector(selector, padding);
      if (res) {
        offset = res;
        break;
      }
    }
  }
  return offset;
}
function tryOffsetSelector(selector, padding) {
  const el = document.querySelector(selector);
  if (!el)
    return 0;
  const bot = el.getBoundingClientRect().bottom;
  if (bot < 0)
    return 0;
  return bot + padding;
}
const RouterSymbol = Symbol();
const fakeHost = "http://a.com";
const getDefaultRoute = () => ({
  path: "/",
  component: null,
  data: notFoundPageData
});
function createRouter(loadPageModule, fallbackComponent) {
  const route = runtimeDom_cjs_prod.reactive(getDefaultRoute());
  const router = {
    route,
    go
  };
  async function go(href = inBrowser ? location.href : "/") {
    var _a, _b;
    href = normalizeHref(href);
    if (await ((_a = router.onBeforeRouteChange) == null ? void 0 : _a.call(router, href)) === false)
      return;
    if (inBrowser && href !== normalizeHref(location.href)) {
      history.replaceState({ scrollPosition: window.scrollY }, "");
      history.pushState({}, "", href);
    }
    await loadPage(href);
    await ((_b = router.onAfterRouteChange ?? router.onAfterRouteChanged) == null ? void 0 : _b(href));
  }
  let latestPendingPath = null;
  async function loadPage(href, scrollPosition = 0, isRetry = false) {
    var _a, _b;
    if (await ((_a = router.onBeforePageLoad) == null ? void 0 : _a.call(router, href)) === false)
      return;
    const targetLoc = new URL(href, fakeHost);
    const pendingPath = latestPendingPath = targetLoc.pathname;
    try {
      let page = await loadPageModule(pendingPath);
      if (!page) {
        throw new Error(`Page not found: ${pendingPath}`);
      }
      if (latestPendingPath === pendingPath) {
        latestPendingPath = null;
        const { default: comp, __pageData } = page;
        if (!comp) {
          throw new Error(`Invalid route component: ${comp}`);
        }
        await ((_b = router.onAfterPageLoad) == null ? void 0 : _b.call(router, href));
        route.path = inBrowser ? pendingPath : withBase(pendingPath);
        route.component = runtimeDom_cjs_prod.markRaw(comp);
        route.data = true ? runtimeDom_cjs_prod.markRaw(__pageData) : runtimeDom_cjs_prod.readonly(__pageData);
        if (inBrowser) {
          runtimeDom_cjs_prod.nextTick(() => {
            let actualPathname = siteDataRef.value.base + __pageData.relativePath.replace(/(?:(^|\/)index)?\.md$/, "$1");
            if (!siteDataRef.value.cleanUrls && !actualPathname.endsWith("/")) {
              actualPathname += ".html";
            }
            if (actualPathname !== targetLoc.pathname) {
              targetLoc.pathname = actualPathname;
              href = actualPathname + targetLoc.search + targetLoc.hash;
              history.replaceState({}, "", href);
            }
            if (targetLoc.hash && !scrollPosition) {
              let target = null;
              try {
                target = document.getElementById(decodeURIComponent(targetLoc.hash).slice(1));
              } catch (e) {
                console.warn(e);
              }
              if (target) {
                scrollTo(target, targetLoc.hash);
                return;
              }
            }
            window.scrollTo(0, scrollPosition);
          });
        }
      }
    } catch (err) {
      if (!/fetch|Page not found/.test(err.message) && !/^\/404(\.html|\/)?$/.test(href)) {
        console.error(err);
      }
      if (!isRetry) {
        try {
          const res = await fetch(siteDataRef.value.base + "hashmap.json");
          window.__VP_HASH_MAP__ = await res.json();
          await loadPage(href, scrollPosition, true);
          return;
        } catch (e) {
        }
      }
      if (latestPendingPath === pendingPath) {
        latestPendingPath = null;
        route.path = inBrowser ? pendingPath : withBase(pendingPath);
        route.component = fallbackComponent ? runtimeDom_cjs_prod.markRaw(fallbackComponent) : null;
        const relativePath = inBrowser ? pendingPath.replace(/(^|\/)$/, "$1index").replace(/(\.html)?$/, ".md").replace(/^\//, "") : "404.md";
        route.data = { ...notFoundPageData, relativePath };
      }
    }
  }
  if (inBrowser) {
    if (history.state === null) {
      history.replaceState({}, "");
    }
    window.addEventListener("click", (e) => {
      if (e.defaultPrevented || !(e.target instanceof Element) || e.target.closest("button") || // temporary fix for docsearch action buttons
      e.button !== 0 || e.ctrlKey || e.shiftKey || e.altKey || e.metaKey)
        return;
      const link2 = e.target.closest("a");
      if (!link2 || link2.closest(".vp-raw") || link2.hasAttribute("download") || link2.hasAttribute("target"))
        return;
      const linkHref = link2.getAttribute("href") ?? (link2 instanceof SVGAElement ? link2.getAttribute("xlink:href") : null);
      if (linkHref == null)
        return;
      const { href, origin, pathname, hash, search } = new URL(linkHref, link2.baseURI);
      const currentUrl = new URL(location.href);
      if (origin === currentUrl.origin && treatAsHtml(pathname)) {
        e.preventDefault();
        if (pathname === currentUrl.pathname && search === currentUrl.search) {
          if (hash !== currentUrl.hash) {
            history.pushState({}, "", href);
            window.dispatchEvent(new HashChangeEvent("hashchange", {
              oldURL: currentUrl.href,
              newURL: href
            }));
          }
          if (hash) {
            scrollTo(link2, hash, link2.classList.contains("header-anchor"));
          } else {
            window.scrollTo(0, 0);
          }
        } else {
          go(href);
        }
      }
    }, { capture: true });
    window.addEventListener("popstate", async (e) => {
      var _a;
      if (e.state === null)
        return;
      const href = normalizeHref(location.href);
      await loadPage(href, e.state && e.state.scrollPosition || 0);
      await ((_a = router.onAfterRouteChange ?? router.onAfterRouteChanged) == null ? void 0 : _a(href));
    });
    window.addEventListener("hashchange", (e) => {
      e.preventDefault();
    });
  }
  return router;
}
function useRouter() {
  const router = runtimeDom_cjs_prod.inject(RouterSymbol);
  if (!router) {
    throw new Error("useRouter() is called without provider.");
  }
  return router;
}
function useRoute() {
  return useRouter().route;
}
function scrollTo(el, hash, smooth = false) {
  let target = null;
  try {
    target = el.classList.contains("header-anchor") ? el : document.getElementById(decodeURIComponent(hash).slice(1));
  } catch (e) {
    console.warn(e);
  }
  if (target) {
    let scrollToTarget = function() {
      if (!smooth || Math.abs(targetTop - window.scrollY) > window.innerHeight)
        window.scrollTo(0, targetTop);
      else
        window.scrollTo({ left: 0, top: targetTop, behavior: "smooth" });
    };
    const targetPadding = parseInt(window.getComputedStyle(target).paddingTop, 10);
    const targetTop = window.scrollY + target.getBoundingClientRect().top - getScrollOffset() + targetPadding;
    requestAnimationFrame(scrollToTarget);
  }
}
function normalizeHref(href) {
  const url = new URL(href, fakeHost);
  url.pathname = url.pathname.replace(/(^|\/)index(\.html)?$/, "$1");
  if (siteDataRef.value.cleanUrls)
    url.pathname = url.pathname.replace(/\.html$/, "");
  else if (!url.pathname.endsWith("/") && !url.pathname.endsWith(".html"))
    url.pathname += ".html";
  return url.pathname + url.search + url.hash;
}
const runCbs = () => contentUpdatedCallbacks.forEach((fn) => fn());
const Content = runtimeDom_cjs_prod.defineComponent({
  name: "VitePressContent",
  props: {
    as: { type: [Object, String], default: "div" }
  },
  setup(props) {
    const route = useRoute();
    const { frontmatter, site } = useData$1();
    runtimeDom_cjs_prod.watch(frontmatter, runCbs, { deep: true, flush: "post" });
    return () => runtimeDom_cjs_prod.h(props.as, site.value.contentProps ?? { style: { position: "relative" } }, [
      route.component ? runtimeDom_cjs_prod.h(route.component, {
        onVnodeMounted: runCbs,
        onVnodeUpdated: runCbs,
        onVnodeUnmounted: runCbs
      }) : "404 Page Not Found"
    ]);
  }
});
const _sfc_main$13 = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPBackdrop",
  __ssrInlineRender: true,
  props: {
    show: { type: Boolean }
  },
  setup(__props) {
    return (_ctx, _push, _parent, _attrs) => {
      if (__props.show) {
        _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "VPBackdrop" }, _attrs))} data-v-986eb47e></div>`);
      } else {
        _push(`<!---->`);
      }
    };
  }
});
const _sfc_setup$13 = _sfc_main$13.setup;
_sfc_main$13.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPBackdrop.vue");
  return _sfc_setup$13 ? _sfc_setup$13(props, ctx) : void 0;
};
const VPBackdrop = /* @__PURE__ */ _export_sfc(_sfc_main$13, [["__scopeId", "data-v-986eb47e"]]);
const useData = useData$1;
function throttleAndDebounce(fn, delay) {
  let timeoutId;
  let called = false;
  return () => {
    if (timeoutId)
      clearTimeout(timeoutId);
    if (!called) {
      fn();
      (called = true) && setTimeout(() => called = false, delay);
    } else
      timeoutId = setTimeout(fn, delay);
  };
}
function ensureStartingSlash(path) {
  return path.startsWith("/") ? path : `/${path}`;
}
function normalizeLink$1(url) {
  const { pathname, search, hash, protocol } = new URL(url, "http://a.com");
  if (isExternal(url) || url.startsWith("#") || !protocol.startsWith("http") || !treatAsHtml(pathname))
    return url;
  const { site } = useData();
  const normalizedPath = pathname.endsWith("/") || pathname.endsWith(".html") ? url : url.replace(/(?:(^\.+)\/)?.*$/, `$1${pathname.replace(/(\.md)?$/, site.value.cleanUrls ? "" : ".html")}${search}${hash}`);
  return withBase(normalizedPath);
}
function useLangs({ correspondingLink = false } = {}) {
  const { site, localeIndex, page, theme: theme2, hash } = useData();
  const currentLang = runtimeDom_cjs_prod.computed(() => {
    var _a, _b;
    return {
      label: (_a = site.value.locales[localeIndex.value]) == null ? void 0 : _a.label,
      link: ((_b = site.value.locales[localeIndex.value]) == null ? void 0 : _b.link) || (localeIndex.value === "root" ? "/" : `/${localeIndex.value}/`)
    };
  });
  const localeLinks = runtimeDom_cjs_prod.computed(() => Object.entries(site.value.locales).flatMap(([key, value]) => currentLang.value.label === value.label ? [] : {
    text: value.label,
    link: normalizeLink(value.link || (key === "root" ? "/" : `/${key}/`), theme2.value.i18nRouting !== false && correspondingLink, page.value.relativePath.slice(currentLang.value.link.length - 1), !site.value.cleanUrls) + hash.value
  }));
  return { localeLinks, currentLang };
}
function normalizeLink(link2, addPath, path, addExt) {
  return addPath ? link2.replace(/\/$/, "") + ensureStartingSlash(path.replace(/(^|\/)index\.md$/, "$1").replace(/\.md$/, addExt ? ".html" : "")) : link2;
}
const _sfc_main$12 = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "NotFound",
  __ssrInlineRender: true,
  setup(__props) {
    const { theme: theme2 } = useData();
    const { currentLang } = useLangs();
    return (_ctx, _push, _parent, _attrs) => {
      var _a, _b, _c, _d, _e;
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "NotFound" }, _attrs))} data-v-f60cf816><p class="code" data-v-f60cf816>${ssrInterpolate_1(((_a = runtimeDom_cjs_prod.unref(theme2).notFound) == null ? void 0 : _a.code) ?? "404")}</p><h1 class="title" data-v-f60cf816>${ssrInterpolate_1(((_b = runtimeDom_cjs_prod.unref(theme2).notFound) == null ? void 0 : _b.title) ?? "PAGE NOT FOUND")}</h1><div class="divider" data-v-f60cf816></div><blockquote class="quote" data-v-f60cf816>${ssrInterpolate_1(((_c = runtimeDom_cjs_prod.unref(theme2).notFound) == null ? void 0 : _c.quote) ?? "But if you don't change your direction, and if you keep looking, you may end up where you are heading.")}</blockquote><div class="action" data-v-f60cf816><a class="link"${ssrRenderAttr_1("href", runtimeDom_cjs_prod.unref(withBase)(runtimeDom_cjs_prod.unref(currentLang).link))}${ssrRenderAttr_1("aria-label", ((_d = runtimeDom_cjs_prod.unref(theme2).notFound) == null ? void 0 : _d.linkLabel) ?? "go to home")} data-v-f60cf816>${ssrInterpolate_1(((_e = runtimeDom_cjs_prod.unref(theme2).notFound) == null ? void 0 : _e.linkText) ?? "Take me home")}</a></div></div>`);
    };
  }
});
const _sfc_setup$12 = _sfc_main$12.setup;
_sfc_main$12.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/NotFound.vue");
  return _sfc_setup$12 ? _sfc_setup$12(props, ctx) : void 0;
};
const NotFound = /* @__PURE__ */ _export_sfc(_sfc_main$12, [["__scopeId", "data-v-f60cf816"]]);
function getSidebar(_sidebar, path) {
  if (Array.isArray(_sidebar))
    return addBase(_sidebar);
  if (_sidebar == null)
    return [];
  path = ensureStartingSlash(path);
  const dir = Object.keys(_sidebar).sort((a, b) => {
    return b.split("/").length - a.split("/").length;
  }).find((dir2) => {
    return path.startsWith(ensureStartingSlash(dir2));
  });
  const sidebar = dir ? _sidebar[dir] : [];
  return Array.isArray(sidebar) ? addBase(sidebar) : addBase(sidebar.items, sidebar.base);
}
function getSidebarGroups(sidebar) {
  const groups = [];
  let lastGroupIndex = 0;
  for (const index in sidebar) {
    const item = sidebar[index];
    if (item.items) {
      lastGroupIndex = groups.push(item);
      continue;
    }
    if (!groups[lastGroupIndex]) {
      groups.push({ items: [] });
    }
    groups[lastGroupIndex].items.push(item);
  }
  return groups;
}
function getFlatSideBarLinks(sidebar) {
  const links = [];
  function recursivelyExtractLinks(items) {
    for (const item of items) {
      if (item.text && item.link) {
        links.push({
          text: item.text,
          link: item.link,
          docFooterText: item.docFooterText
        });
      }
      if (item.items) {
        recursivelyExtractLinks(item.items);
      }
    }
  }
  recursivelyExtractLinks(sidebar);
  return links;
}
function hasActiveLink(path, items) {
  if (Array.isArray(items)) {
    return items.some((item) => hasActiveLink(path, item));
  }
  return isActive(path, items.link) ? true : items.items ? hasActiveLink(path, items.items) : false;
}
function addBase(items, _base) {
  return [...items].map((_item) => {
    const item = { ..._item };
    const base = item.base || _base;
    if (base && item.link)
      item.link = base + item.link;
    if (item.items)
      item.items = addBase(item.items, base);
    return item;
  });
}
function useSidebar() {
  const { frontmatter, page, theme: theme2 } = useData();
  const is960 = useMediaQuery("(min-width: 960px)");
  const isOpen = runtimeDom_cjs_prod.ref(false);
  const _sidebar = runtimeDom_cjs_prod.computed(() => {
    const sidebarConfig = theme2.value.sidebar;
    const relativePath = page.value.relativePath;
    return sidebarConfig ? getSidebar(sidebarConfig, relativePath) : [];
  });
  const sidebar = runtimeDom_cjs_prod.ref(_sidebar.value);
  runtimeDom_cjs_prod.watch(_sidebar, (next, prev) => {
    if (JSON.stringify(next) !== JSON.stringify(prev))
      sidebar.value = _sidebar.value;
  });
  const hasSidebar = runtimeDom_cjs_prod.computed(() => {
    return frontmatter.value.sidebar !== false && sidebar.value.length > 0 && frontmatter.value.layout !== "home";
  });
  const leftAside = runtimeDom_cjs_prod.computed(() => {
    if (hasAside)
      return frontmatter.value.aside == null ? theme2.value.aside === "left" : frontmatter.value.aside === "left";
    return false;
  });
  const hasAside = runtimeDom_cjs_prod.computed(() => {
    if (frontmatter.value.layout === "home")
      return false;
    if (frontmatter.value.aside != null)
      return !!frontmatter.value.aside;
    return theme2.value.aside !== false;
  });
  const isSidebarEnabled = runtimeDom_cjs_prod.computed(() => hasSidebar.value && is960.value);
  const sidebarGroups = runtimeDom_cjs_prod.computed(() => {
    return hasSidebar.value ? getSidebarGroups(sidebar.value) : [];
  });
  function open() {
    isOpen.value = true;
  }
  function close() {
    isOpen.value = false;
  }
  function toggle() {
    isOpen.value ? close() : open();
  }
  return {
    isOpen,
    sidebar,
    sidebarGroups,
    hasSidebar,
    hasAside,
    leftAside,
    isSidebarEnabled,
    open,
    close,
    toggle
  };
}
function useCloseSidebarOnEscape(isOpen, close) {
  let triggerElement;
  runtimeDom_cjs_prod.watchEffect(() => {
    triggerElement = isOpen.value ? document.activeElement : void 0;
  });
  runtimeDom_cjs_prod.onMounted(() => {
    window.addEventListener("keyup", onEscape);
  });
  runtimeDom_cjs_prod.onUnmounted(() => {
    window.removeEventListener("keyup", onEscape);
  });
  function onEscape(e) {
    if (e.key === "Escape" && isOpen.value) {
      close();
      triggerElement == null ? void 0 : triggerElement.focus();
    }
  }
}
function useSidebarControl(item) {
  const { page, hash } = useData();
  const collapsed = runtimeDom_cjs_prod.ref(false);
  const collapsible = runtimeDom_cjs_prod.computed(() => {
    return item.value.collapsed != null;
  });
  const isLink = runtimeDom_cjs_prod.computed(() => {
    return !!item.value.link;
  });
  const isActiveLink = runtimeDom_cjs_prod.ref(false);
  const updateIsActiveLink = () => {
    isActiveLink.value = isActive(page.value.relativePath, item.value.link);
  };
  runtimeDom_cjs_prod.watch([page, item, hash], updateIsActiveLink);
  runtimeDom_cjs_prod.onMounted(updateIsActiveLink);
  const hasActiveLink$1 = runtimeDom_cjs_prod.computed(() => {
    if (isActiveLink.value) {
      return true;
    }
    return item.value.items ? hasActiveLink(page.value.relativePath, item.value.items) : false;
  });
  const hasChildren = runtimeDom_cjs_prod.computed(() => {
    return !!(item.value.items && item.value.items.length);
  });
  runtimeDom_cjs_prod.watchEffect(() => {
    collapsed.value = !!(collapsible.value && item.value.collapsed);
  });
  runtimeDom_cjs_prod.watchPostEffect(() => {
    (isActiveLink.value || hasActiveLink$1.value) && (collapsed.value = false);
  });
  function toggle() {
    if (collapsible.value) {
      collapsed.value = !collapsed.value;
    }
  }
  return {
    collapsed,
    collapsible,
    isLink,
    isActiveLink,
    hasActiveLink: hasActiveLink$1,
    hasChildren,
    toggle
  };
}
function useAside() {
  const { hasSidebar } = useSidebar();
  const is960 = useMediaQuery("(min-width: 960px)");
  const is1280 = useMediaQuery("(min-width: 1280px)");
  const isAsideEnabled = runtimeDom_cjs_prod.computed(() => {
    if (!is1280.value && !is960.value) {
      return false;
    }
    return hasSidebar.value ? is1280.value : is960.value;
  });
  return {
    isAsideEnabled
  };
}
const ignoreRE = /\b(?:VPBadge|header-anchor|footnote-ref|ignore-header)\b/;
const resolvedHeaders = [];
function resolveTitle(theme2) {
  return typeof theme2.outline === "object" && !Array.isArray(theme2.outline) && theme2.outline.label || theme2.outlineTitle || "On this page";
}
function getHeaders(range) {
  const headers = [
    ...document.querySelectorAll(".VPDoc :where(h1,h2,h3,h4,h5,h6)")
  ].filter((el) => el.id && el.hasChildNodes()).map((el) => {
    const level = Number(el.tagName[1]);
    return {
      element: el,
      title: serializeHeader(el),
      link: "#" + el.id,
      level
    };
  });
  return resolveHeaders(headers, range);
}
function serializeHeader(h) {
  let ret = "";
  for (const node of h.childNodes) {
    if (node.nodeType === 1) {
      if (ignoreRE.test(node.className))
        continue;
      ret += node.textContent;
    } else if (node.nodeType === 3) {
      ret += node.textContent;
    }
  }
  return ret.trim();
}
function resolveHeaders(headers, range) {
  if (range === false) {
    return [];
  }
  const levelsRange = (typeof range === "object" && !Array.isArray(range) ? range.level : range) || 2;
  const [high, low] = typeof levelsRange === "number" ? [levelsRange, levelsRange] : levelsRange === "deep" ? [2, 6] : levelsRange;
  return buildTree(headers, high, low);
}
function useActiveAnchor(container, marker) {
  const { isAsideEnabled } = useAside();
  const onScroll = throttleAndDebounce(setActiveLink, 100);
  let prevActiveLink = null;
  runtimeDom_cjs_prod.onMounted(() => {
    requestAnimationFrame(setActiveLink);
    window.addEventListener("scroll", onScroll);
  });
  runtimeDom_cjs_prod.onUpdated(() => {
    activateLink(location.hash);
  });
  runtimeDom_cjs_prod.onUnmounted(() => {
    window.removeEventListener("scroll", onScroll);
  });
  function setActiveLink() {
    if (!isAsideEnabled.value) {
      return;
    }
    const scrollY = window.scrollY;
    const innerHeight = window.innerHeight;
    const offsetHeight = document.body.offsetHeight;
    const isBottom = Math.abs(scrollY + innerHeight - offsetHeight) < 1;
    const headers = resolvedHeaders.map(({ element, link: link2 }) => ({
      link: link2,
      top: getAbsoluteTop(element)
    })).filter(({ top }) => !Number.isNaN(top)).sort((a, b) => a.top - b.top);
    if (!headers.length) {
      activateLink(null);
      return;
    }
    if (scrollY < 1) {
      activateLink(null);
      return;
    }
    if (isBottom) {
      activateLink(headers[headers.length - 1].link);
      return;
    }
    let activeLink = null;
    for (const { link: link2, top } of headers) {
      if (top > scrollY + getScrollOffset() + 4) {
        break;
      }
      activeLink = link2;
    }
    activateLink(activeLink);
  }
  function activateLink(hash) {
    if (prevActiveLink) {
      prevActiveLink.classList.remove("active");
    }
    if (hash == null) {
      prevActiveLink = null;
    } else {
      prevActiveLink = container.value.querySelector(`a[href="${decodeURIComponent(hash)}"]`);
    }
    const activeLink = prevActiveLink;
    if (activeLink) {
      activeLink.classList.add("active");
      marker.value.style.top = activeLink.offsetTop + 39 + "px";
      marker.value.style.opacity = "1";
    } else {
      marker.value.style.top = "33px";
      marker.value.style.opacity = "0";
    }
  }
}
function getAbsoluteTop(element) {
  let offsetTop = 0;
  while (element !== document.body) {
    if (element === null) {
      return NaN;
    }
    offsetTop += element.offsetTop;
    element = element.offsetParent;
  }
  return offsetTop;
}
function buildTree(data, min, max) {
  resolvedHeaders.length = 0;
  const result = [];
  const stack = [];
  data.forEach((item) => {
    const node = { ...item, children: [] };
    let parent = stack[stack.length - 1];
    while (parent && parent.level >= node.level) {
      stack.pop();
      parent = stack[stack.length - 1];
    }
    if (node.element.classList.contains("ignore-header") || parent && "shouldIgnore" in parent) {
      stack.push({ level: node.level, shouldIgnore: true });
      return;
    }
    if (node.level > max || node.level < min)
      return;
    resolvedHeaders.push({ element: node.element, link: node.link });
    if (parent)
      parent.children.push(node);
    else
      result.push(node);
    stack.push(node);
  });
  return result;
}
const _sfc_main$11 = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPDocOutlineItem",
  __ssrInlineRender: true,
  props: {
    headers: {},
    root: { type: Boolean }
  },
  setup(__props) {
    return (_ctx, _push, _parent, _attrs) => {
      const _component_VPDocOutlineItem = runtimeDom_cjs_prod.resolveComponent("VPDocOutlineItem", true);
      _push(`<ul${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
        class: ["VPDocOutlineItem", __props.root ? "root" : "nested"]
      }, _attrs))} data-v-ea6abc63><!--[-->`);
      ssrRenderList_1(__props.headers, ({ children, link: link2, title }) => {
        _push(`<li data-v-ea6abc63><a class="outline-link"${ssrRenderAttr_1("href", link2)}${ssrRenderAttr_1("title", title)} data-v-ea6abc63>${ssrInterpolate_1(title)}</a>`);
        if (children == null ? void 0 : children.length) {
          _push(ssrRenderComponent_1(_component_VPDocOutlineItem, { headers: children }, null, _parent));
        } else {
          _push(`<!---->`);
        }
        _push(`</li>`);
      });
      _push(`<!--]--></ul>`);
    };
  }
});
const _sfc_setup$11 = _sfc_main$11.setup;
_sfc_main$11.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPDocOutlineItem.vue");
  return _sfc_setup$11 ? _sfc_setup$11(props, ctx) : void 0;
};
const VPDocOutlineItem = /* @__PURE__ */ _export_sfc(_sfc_main$11, [["__scopeId", "data-v-ea6abc63"]]);
const _sfc_main$10 = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPDocAsideOutline",
  __ssrInlineRender: true,
  setup(__props) {
    const { frontmatter, theme: theme2 } = useData();
    const headers = runtimeDom_cjs_prod.shallowRef([]);
    onContentUpdated(() => {
      headers.value = getHeaders(frontmatter.value.outline ?? theme2.value.outline);
    });
    const container = runtimeDom_cjs_prod.ref();
    const marker = runtimeDom_cjs_prod.ref();
    useActiveAnchor(container, marker);
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<nav${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
        "aria-labelledby": "doc-outline-aria-label",
        class: ["VPDocAsideOutline", { "has-outline": headers.value.length > 0 }],
        ref_key: "container",
        ref: container
      }, _attrs))} data-v-03ef90d0><div class="content" data-v-03ef90d0><div class="outline-marker" data-v-03ef90d0></div><div aria-level="2" class="outline-title" id="doc-outline-aria-label" role="heading" data-v-03ef90d0>${ssrInterpolate_1(runtimeDom_cjs_prod.unref(resolveTitle)(runtimeDom_cjs_prod.unref(theme2)))}</div>`);
      _push(ssrRenderComponent_1(VPDocOutlineItem, {
        headers: headers.value,
        root: true
      }, null, _parent));
      _push(`</div></nav>`);
    };
  }
});
const _sfc_setup$10 = _sfc_main$10.setup;
_sfc_main$10.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPDocAsideOutline.vue");
  return _sfc_setup$10 ? _sfc_setup$10(props, ctx) : void 0;
};
const VPDocAsideOutline = /* @__PURE__ */ _export_sfc(_sfc_main$10, [["__scopeId", "data-v-03ef90d0"]]);
const _sfc_main$$ = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPDocAsideCarbonAds",
  __ssrInlineRender: true,
  props: {
    carbonAds: {}
  },
  setup(__props) {
    const VPCarbonAds = () => null;
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "VPDocAsideCarbonAds" }, _attrs))}>`);
      _push(ssrRenderComponent_1(runtimeDom_cjs_prod.unref(VPCarbonAds), { "carbon-ads": __props.carbonAds }, null, _parent));
      _push(`</div>`);
    };
  }
});
const _sfc_setup$$ = _sfc_main$$.setup;
_sfc_main$$.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPDocAsideCarbonAds.vue");
  return _sfc_setup$$ ? _sfc_setup$$(props, ctx) : void 0;
};
const _sfc_main$_ = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPDocAside",
  __ssrInlineRender: true,
  setup(__props) {
    const { theme: theme2 } = useData();
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "VPDocAside" }, _attrs))} data-v-3d15c36d>`);
      ssrRenderSlot_1(_ctx.$slots, "aside-top", {}, null, _push, _parent);
      ssrRenderSlot_1(_ctx.$slots, "aside-outline-before", {}, null, _push, _parent);
      _push(ssrRenderComponent_1(VPDocAsideOutline, null, null, _parent));
      ssrRenderSlot_1(_ctx.$slots, "aside-outline-after", {}, null, _push, _parent);
      _push(`<div class="spacer" data-v-3d15c36d></div>`);
      ssrRenderSlot_1(_ctx.$slots, "aside-ads-before", {}, null, _push, _parent);
      if (runtimeDom_cjs_prod.unref(theme2).carbonAds) {
        _push(ssrRenderComponent_1(_sfc_main$$, {
          "carbon-ads": runtimeDom_cjs_prod.unref(theme2).carbonAds
        }, null, _parent));
      } else {
        _push(`<!---->`);
      }
      ssrRenderSlot_1(_ctx.$slots, "aside-ads-after", {}, null, _push, _parent);
      ssrRenderSlot_1(_ctx.$slots, "aside-bottom", {}, null, _push, _parent);
      _push(`</div>`);
    };
  }
});
const _sfc_setup$_ = _sfc_main$_.setup;
_sfc_main$_.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPDocAside.vue");
  return _sfc_setup$_ ? _sfc_setup$_(props, ctx) : void 0;
};
const VPDocAside = /* @__PURE__ */ _export_sfc(_sfc_main$_, [["__scopeId", "data-v-3d15c36d"]]);
function useEditLink() {
  const { theme: theme2, page } = useData();
  return runtimeDom_cjs_prod.computed(() => {
    const { text = "Edit this page", pattern = "" } = theme2.value.editLink || {};
    let url;
    if (typeof pattern === "function") {
      url = pattern(page.value);
    } else {
      url = pattern.replace(/:path/g, page.value.filePath);
    }
    return { url, text };
  });
}
function usePrevNext() {
  const { page, theme: theme2, frontmatter } = useData();
  return runtimeDom_cjs_prod.computed(() => {
    var _a, _b, _c, _d, _e, _f, _g, _h;
    const sidebar = getSidebar(theme2.value.sidebar, page.value.relativePath);
    const links = getFlatSideBarLinks(sidebar);
    const candidates = uniqBy(links, (link2) => link2.link.replace(/[?#].*$/, ""));
    const index = candidates.findIndex((link2) => {
      return isActive(page.value.relativePath, link2.link);
    });
    const hidePrev = ((_a = theme2.value.docFooter) == null ? void 0 : _a.prev) === false && !frontmatter.value.prev || frontmatter.value.prev === false;
    const hideNext = ((_b = theme2.value.docFooter) == null ? void 0 : _b.next) === false && !frontmatter.value.next || frontmatter.value.next === false;
    return {
      prev: hidePrev ? void 0 : {
        text: (typeof frontmatter.value.prev === "string" ? frontmatter.value.prev : typeof frontmatter.value.prev === "object" ? frontmatter.value.prev.text : void 0) ?? ((_c = candidates[index - 1]) == null ? void 0 : _c.docFooterText) ?? ((_d = candidates[index - 1]) == null ? void 0 : _d.text),
        link: (typeof frontmatter.value.prev === "object" ? frontmatter.value.prev.link : void 0) ?? ((_e = candidates[index - 1]) == null ? void 0 : _e.link)
      },
      next: hideNext ? void 0 : {
        text: (typeof frontmatter.value.next === "string" ? frontmatter.value.next : typeof frontmatter.value.next === "object" ? frontmatter.value.next.text : void 0) ?? ((_f = candidates[index + 1]) == null ? void 0 : _f.docFooterText) ?? ((_g = candidates[index + 1]) == null ? void 0 : _g.text),
        link: (typeof frontmatter.value.next === "object" ? frontmatter.value.next.link : void 0) ?? ((_h = candidates[index + 1]) == null ? void 0 : _h.link)
      }
    };
  });
}
function uniqBy(array, keyFn) {
  const seen = /* @__PURE__ */ new Set();
  return array.filter((item) => {
    const k = keyFn(item);
    return seen.has(k) ? false : seen.add(k);
  });
}
const _sfc_main$Z = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPLink",
  __ssrInlineRender: true,
  props: {
    tag: {},
    href: {},
    noIcon: { type: Boolean },
    target: {},
    rel: {}
  },
  setup(__props) {
    const props = __props;
    const tag = runtimeDom_cjs_prod.computed(() => props.tag ?? (props.href ? "a" : "span"));
    const isExternal2 = runtimeDom_cjs_prod.computed(
      () => props.href && EXTERNAL_URL_RE.test(props.href) || props.target === "_blank"
    );
    return (_ctx, _push, _parent, _attrs) => {
      ssrRenderVNode(_push, runtimeDom_cjs_prod.createVNode(runtimeDom_cjs_prod.resolveDynamicComponent(tag.value), runtimeDom_cjs_prod.mergeProps({
        class: ["VPLink", {
          link: __props.href,
          "vp-external-link-icon": isExternal2.value,
          "no-icon": __props.noIcon
        }],
        href: __props.href ? runtimeDom_cjs_prod.unref(normalizeLink$1)(__props.href) : void 0,
        target: __props.target ?? (isExternal2.value ? "_blank" : void 0),
        rel: __props.rel ?? (isExternal2.value ? "noreferrer" : void 0)
      }, _attrs), {
        default: runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
          if (_push2) {
            ssrRenderSlot_1(_ctx.$slots, "default", {}, null, _push2, _parent2, _scopeId);
          } else {
            return [
              runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "default")
            ];
          }
        }),
        _: 3
      }), _parent);
    };
  }
});
const _sfc_setup$Z = _sfc_main$Z.setup;
_sfc_main$Z.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPLink.vue");
  return _sfc_setup$Z ? _sfc_setup$Z(props, ctx) : void 0;
};
const _sfc_main$Y = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPDocFooterLastUpdated",
  __ssrInlineRender: true,
  setup(__props) {
    const { theme: theme2, page, lang } = useData();
    const date = runtimeDom_cjs_prod.computed(
      () => new Date(page.value.lastUpdated)
    );
    const isoDatetime = runtimeDom_cjs_prod.computed(() => date.value.toISOString());
    const datetime = runtimeDom_cjs_prod.ref("");
    runtimeDom_cjs_prod.onMounted(() => {
      runtimeDom_cjs_prod.watchEffect(() => {
        var _a, _b, _c;
        datetime.value = new Intl.DateTimeFormat(
          ((_b = (_a = theme2.value.lastUpdated) == null ? void 0 : _a.formatOptions) == null ? void 0 : _b.forceLocale) ? lang.value : void 0,
          ((_c = theme2.value.lastUpdated) == null ? void 0 : _c.formatOptions) ?? {
            dateStyle: "short",
            timeStyle: "short"
          }
        ).format(date.value);
      });
    });
    return (_ctx, _push, _parent, _attrs) => {
      var _a;
      _push(`<p${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "VPLastUpdated" }, _attrs))} data-v-c2aa67fb>${ssrInterpolate_1(((_a = runtimeDom_cjs_prod.unref(theme2).lastUpdated) == null ? void 0 : _a.text) || runtimeDom_cjs_prod.unref(theme2).lastUpdatedText || "Last updated")}: <time${ssrRenderAttr_1("datetime", isoDatetime.value)} data-v-c2aa67fb>${ssrInterpolate_1(datetime.value)}</time></p>`);
    };
  }
});
const _sfc_setup$Y = _sfc_main$Y.setup;
_sfc_main$Y.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPDocFooterLastUpdated.vue");
  return _sfc_setup$Y ? _sfc_setup$Y(props, ctx) : void 0;
};
const VPDocFooterLastUpdated = /* @__PURE__ */ _export_sfc(_sfc_main$Y, [["__scopeId", "data-v-c2aa67fb"]]);
const _sfc_main$X = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPDocFooter",
  __ssrInlineRender: true,
  setup(__props) {
    const { theme: theme2, page, frontmatter } = useData();
    const editLink = useEditLink();
    const control = usePrevNext();
    const hasEditLink = runtimeDom_cjs_prod.computed(
      () => theme2.value.editLink && frontmatter.value.editLink !== false
    );
    const hasLastUpdated = runtimeDom_cjs_prod.computed(() => page.value.lastUpdated);
    const showFooter = runtimeDom_cjs_prod.computed(
      () => hasEditLink.value || hasLastUpdated.value || control.value.prev || control.value.next
    );
    return (_ctx, _push, _parent, _attrs) => {
      var _a, _b, _c, _d;
      if (showFooter.value) {
        _push(`<footer${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "VPDocFooter" }, _attrs))} data-v-1137dc77>`);
        ssrRenderSlot_1(_ctx.$slots, "doc-footer-before", {}, null, _push, _parent);
        if (hasEditLink.value || hasLastUpdated.value) {
          _push(`<div class="edit-info" data-v-1137dc77>`);
          if (hasEditLink.value) {
            _push(`<div class="edit-link" data-v-1137dc77>`);
            _push(ssrRenderComponent_1(_sfc_main$Z, {
              class: "edit-link-button",
              href: runtimeDom_cjs_prod.unref(editLink).url,
              "no-icon": true
            }, {
              default: runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
                if (_push2) {
                  _push2(`<span class="vpi-square-pen edit-link-icon" data-v-1137dc77${_scopeId}></span> ${ssrInterpolate_1(runtimeDom_cjs_prod.unref(editLink).text)}`);
                } else {
                  return [
                    runtimeDom_cjs_prod.createVNode("span", { class: "vpi-square-pen edit-link-icon" }),
                    runtimeDom_cjs_prod.createTextVNode(" " + runtimeDom_cjs_prod.toDisplayString(runtimeDom_cjs_prod.unref(editLink).text), 1)
                  ];
                }
              }),
              _: 1
            }, _parent));
            _push(`</div>`);
          } else {
            _push(`<!---->`);
          }
          if (hasLastUpdated.value) {
            _push(`<div class="last-updated" data-v-1137dc77>`);
            _push(ssrRenderComponent_1(VPDocFooterLastUpdated, null, null, _parent));
            _push(`</div>`);
          } else {
            _push(`<!---->`);
          }
          _push(`</div>`);
        } else {
          _push(`<!---->`);
        }
        if (((_a = runtimeDom_cjs_prod.unref(control).prev) == null ? void 0 : _a.link) || ((_b = runtimeDom_cjs_prod.unref(control).next) == null ? void 0 : _b.link)) {
          _push(`<nav class="prev-next" aria-labelledby="doc-footer-aria-label" data-v-1137dc77><span class="visually-hidden" id="doc-footer-aria-label" data-v-1137dc77>Pager</span><div class="pager" data-v-1137dc77>`);
          if ((_c = runtimeDom_cjs_prod.unref(control).prev) == null ? void 0 : _c.link) {
            _push(ssrRenderComponent_1(_sfc_main$Z, {
              class: "pager-link prev",
              href: runtimeDom_cjs_prod.unref(control).prev.link
            }, {
              default: runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
                var _a2, _b2;
                if (_push2) {
                  _push2(`<span class="desc" data-v-1137dc77${_scopeId}>${(((_a2 = runtimeDom_cjs_prod.unref(theme2).docFooter) == null ? void 0 : _a2.prev) || "Previous page") ?? ""}</span><span class="title" data-v-1137dc77${_scopeId}>${runtimeDom_cjs_prod.unref(control).prev.text ?? ""}</span>`);
                } else {
                  return [
                    runtimeDom_cjs_prod.createVNode("span", {
                      class: "desc",
                      innerHTML: ((_b2 = runtimeDom_cjs_prod.unref(theme2).docFooter) == null ? void 0 : _b2.prev) || "Previous page"
                    }, null, 8, ["innerHTML"]),
                    runtimeDom_cjs_prod.createVNode("span", {
                      class: "title",
                      innerHTML: runtimeDom_cjs_prod.unref(control).prev.text
                    }, null, 8, ["innerHTML"])
                  ];
                }
              }),
              _: 1
            }, _parent));
          } else {
            _push(`<!---->`);
          }
          _push(`</div><div class="pager" data-v-1137dc77>`);
          if ((_d = runtimeDom_cjs_prod.unref(control).next) == null ? void 0 : _d.link) {
            _push(ssrRenderComponent_1(_sfc_main$Z, {
              class: "pager-link next",
              href: runtimeDom_cjs_prod.unref(control).next.link
            }, {
              default: runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
                var _a2, _b2;
                if (_push2) {
                  _push2(`<span class="desc" data-v-1137dc77${_scopeId}>${(((_a2 = runtimeDom_cjs_prod.unref(theme2).docFooter) == null ? void 0 : _a2.next) || "Next page") ?? ""}</span><span class="title" data-v-1137dc77${_scopeId}>${runtimeDom_cjs_prod.unref(control).next.text ?? ""}</span>`);
                } else {
                  return [
                    runtimeDom_cjs_prod.createVNode("span", {
                      class: "desc",
                      innerHTML: ((_b2 = runtimeDom_cjs_prod.unref(theme2).docFooter) == null ? void 0 : _b2.next) || "Next page"
                    }, null, 8, ["innerHTML"]),
                    runtimeDom_cjs_prod.createVNode("span", {
                      class: "title",
                      innerHTML: runtimeDom_cjs_prod.unref(control).next.text
                    }, null, 8, ["innerHTML"])
                  ];
                }
              }),
              _: 1
            }, _parent));
          } else {
            _push(`<!---->`);
          }
          _push(`</div></nav>`);
        } else {
          _push(`<!---->`);
        }
        _push(`</footer>`);
      } else {
        _push(`<!---->`);
      }
    };
  }
});
const _sfc_setup$X = _sfc_main$X.setup;
_sfc_main$X.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPDocFooter.vue");
  return _sfc_setup$X ? _sfc_setup$X(props, ctx) : void 0;
};
const VPDocFooter = /* @__PURE__ */ _export_sfc(_sfc_main$X, [["__scopeId", "data-v-1137dc77"]]);
const _sfc_main$W = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPDoc",
  __ssrInlineRender: true,
  setup(__props) {
    const { theme: theme2 } = useData();
    const route = useRoute();
    const { hasSidebar, hasAside, leftAside } = useSidebar();
    const pageName = runtimeDom_cjs_prod.computed(
      () => route.path.replace(/[./]+/g, "_").replace(/_html$/, "")
    );
    return (_ctx, _push, _parent, _attrs) => {
      const _component_Content = runtimeDom_cjs_prod.resolveComponent("Content");
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
        class: ["VPDoc", { "has-sidebar": runtimeDom_cjs_prod.unref(hasSidebar), "has-aside": runtimeDom_cjs_prod.unref(hasAside) }]
      }, _attrs))} data-v-5e816a04>`);
      ssrRenderSlot_1(_ctx.$slots, "doc-top", {}, null, _push, _parent);
      _push(`<div class="container" data-v-5e816a04>`);
      if (runtimeDom_cjs_prod.unref(hasAside)) {
        _push(`<div class="${ssrRenderClass_1([{ "left-aside": runtimeDom_cjs_prod.unref(leftAside) }, "aside"])}" data-v-5e816a04><div class="aside-curtain" data-v-5e816a04></div><div class="aside-container" data-v-5e816a04><div class="aside-content" data-v-5e816a04>`);
        _push(ssrRenderComponent_1(VPDocAside, null, {
          "aside-top": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "aside-top", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "aside-top", {}, void 0, true)
              ];
            }
          }),
          "aside-bottom": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "aside-bottom", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "aside-bottom", {}, void 0, true)
              ];
            }
          }),
          "aside-outline-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "aside-outline-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "aside-outline-before", {}, void 0, true)
              ];
            }
          }),
          "aside-outline-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "aside-outline-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "aside-outline-after", {}, void 0, true)
              ];
            }
          }),
          "aside-ads-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "aside-ads-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "aside-ads-before", {}, void 0, true)
              ];
            }
          }),
          "aside-ads-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "aside-ads-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "aside-ads-after", {}, void 0, true)
              ];
            }
          }),
          _: 3
        }, _parent));
        _push(`</div></div></div>`);
      } else {
        _push(`<!---->`);
      }
      _push(`<div class="content" data-v-5e816a04><div class="content-container" data-v-5e816a04>`);
      ssrRenderSlot_1(_ctx.$slots, "doc-before", {}, null, _push, _parent);
      _push(`<main class="main" data-v-5e816a04>`);
      _push(ssrRenderComponent_1(_component_Content, {
        class: ["vp-doc", [
          pageName.value,
          runtimeDom_cjs_prod.unref(theme2).externalLinkIcon && "external-link-icon-enabled"
        ]]
      }, null, _parent));
      _push(`</main>`);
      _push(ssrRenderComponent_1(VPDocFooter, null, {
        "doc-footer-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
          if (_push2) {
            ssrRenderSlot_1(_ctx.$slots, "doc-footer-before", {}, null, _push2, _parent2, _scopeId);
          } else {
            return [
              runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "doc-footer-before", {}, void 0, true)
            ];
          }
        }),
        _: 3
      }, _parent));
      ssrRenderSlot_1(_ctx.$slots, "doc-after", {}, null, _push, _parent);
      _push(`</div></div></div>`);
      ssrRenderSlot_1(_ctx.$slots, "doc-bottom", {}, null, _push, _parent);
      _push(`</div>`);
    };
  }
});
const _sfc_setup$W = _sfc_main$W.setup;
_sfc_main$W.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPDoc.vue");
  return _sfc_setup$W ? _sfc_setup$W(props, ctx) : void 0;
};
const VPDoc = /* @__PURE__ */ _export_sfc(_sfc_main$W, [["__scopeId", "data-v-5e816a04"]]);
const _sfc_main$V = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPButton",
  __ssrInlineRender: true,
  props: {
    tag: {},
    size: { default: "medium" },
    theme: { default: "brand" },
    text: {},
    href: {},
    target: {},
    rel: {}
  },
  setup(__props) {
    const props = __props;
    const isExternal2 = runtimeDom_cjs_prod.computed(
      () => props.href && EXTERNAL_URL_RE.test(props.href)
    );
    const component = runtimeDom_cjs_prod.computed(() => {
      return props.tag || (props.href ? "a" : "button");
    });
    return (_ctx, _push, _parent, _attrs) => {
      ssrRenderVNode(_push, runtimeDom_cjs_prod.createVNode(runtimeDom_cjs_prod.resolveDynamicComponent(component.value), runtimeDom_cjs_prod.mergeProps({
        class: ["VPButton", [__props.size, __props.theme]],
        href: __props.href ? runtimeDom_cjs_prod.unref(normalizeLink$1)(__props.href) : void 0,
        target: props.target ?? (isExternal2.value ? "_blank" : void 0),
        rel: props.rel ?? (isExternal2.value ? "noreferrer" : void 0)
      }, _attrs), {
        default: runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
          if (_push2) {
            _push2(`${ssrInterpolate_1(__props.text)}`);
          } else {
            return [
              runtimeDom_cjs_prod.createTextVNode(runtimeDom_cjs_prod.toDisplayString(__props.text), 1)
            ];
          }
        }),
        _: 1
      }), _parent);
    };
  }
});
const _sfc_setup$V = _sfc_main$V.setup;
_sfc_main$V.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPButton.vue");
  return _sfc_setup$V ? _sfc_setup$V(props, ctx) : void 0;
};
const VPButton = /* @__PURE__ */ _export_sfc(_sfc_main$V, [["__scopeId", "data-v-2cbfdc56"]]);
const _sfc_main$U = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  ...{ inheritAttrs: false },
  __name: "VPImage",
  __ssrInlineRender: true,
  props: {
    image: {},
    alt: {}
  },
  setup(__props) {
    return (_ctx, _push, _parent, _attrs) => {
      const _component_VPImage = runtimeDom_cjs_prod.resolveComponent("VPImage", true);
      if (__props.image) {
        _push(`<!--[-->`);
        if (typeof __props.image === "string" || "src" in __props.image) {
          _push(`<img${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "VPImage" }, typeof __props.image === "string" ? _ctx.$attrs : { ...__props.image, ..._ctx.$attrs }, {
            src: runtimeDom_cjs_prod.unref(withBase)(typeof __props.image === "string" ? __props.image : __props.image.src),
            alt: __props.alt ?? (typeof __props.image === "string" ? "" : __props.image.alt || "")
          }))} data-v-d73fd194>`);
        } else {
          _push(`<!--[-->`);
          _push(ssrRenderComponent_1(_component_VPImage, runtimeDom_cjs_prod.mergeProps({
            class: "dark",
            image: __props.image.dark,
            alt: __props.image.alt
          }, _ctx.$attrs), null, _parent));
          _push(ssrRenderComponent_1(_component_VPImage, runtimeDom_cjs_prod.mergeProps({
            class: "light",
            image: __props.image.light,
            alt: __props.image.alt
          }, _ctx.$attrs), null, _parent));
          _push(`<!--]-->`);
        }
        _push(`<!--]-->`);
      } else {
        _push(`<!---->`);
      }
    };
  }
});
const _sfc_setup$U = _sfc_main$U.setup;
_sfc_main$U.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPImage.vue");
  return _sfc_setup$U ? _sfc_setup$U(props, ctx) : void 0;
};
const VPImage = /* @__PURE__ */ _export_sfc(_sfc_main$U, [["__scopeId", "data-v-d73fd194"]]);
const _sfc_main$T = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPHero",
  __ssrInlineRender: true,
  props: {
    name: {},
    text: {},
    tagline: {},
    image: {},
    actions: {}
  },
  setup(__props) {
    const heroImageSlotExists = runtimeDom_cjs_prod.inject("hero-image-slot-exists");
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
        class: ["VPHero", { "has-image": __props.image || runtimeDom_cjs_prod.unref(heroImageSlotExists) }]
      }, _attrs))} data-v-85019cd4><div class="container" data-v-85019cd4><div class="main" data-v-85019cd4>`);
      ssrRenderSlot_1(_ctx.$slots, "home-hero-info-before", {}, null, _push, _parent);
      ssrRenderSlot_1(_ctx.$slots, "home-hero-info", {}, () => {
        _push(`<h1 class="heading" data-v-85019cd4>`);
        if (__props.name) {
          _push(`<span class="name clip" data-v-85019cd4>${__props.name ?? ""}</span>`);
        } else {
          _push(`<!---->`);
        }
        if (__props.text) {
          _push(`<span class="text" data-v-85019cd4>${__props.text ?? ""}</span>`);
        } else {
          _push(`<!---->`);
        }
        _push(`</h1>`);
        if (__props.tagline) {
          _push(`<p class="tagline" data-v-85019cd4>${__props.tagline ?? ""}</p>`);
        } else {
          _push(`<!---->`);
        }
      }, _push, _parent);
      ssrRenderSlot_1(_ctx.$slots, "home-hero-info-after", {}, null, _push, _parent);
      if (__props.actions) {
        _push(`<div class="actions" data-v-85019cd4><!--[-->`);
        ssrRenderList_1(__props.actions, (action) => {
          _push(`<div class="action" data-v-85019cd4>`);
          _push(ssrRenderComponent_1(VPButton, {
            tag: "a",
            size: "medium",
            theme: action.theme,
            text: action.text,
            href: action.link,
            target: action.target,
            rel: action.rel
          }, null, _parent));
          _push(`</div>`);
        });
        _push(`<!--]--></div>`);
      } else {
        _push(`<!---->`);
      }
      ssrRenderSlot_1(_ctx.$slots, "home-hero-actions-after", {}, null, _push, _parent);
      _push(`</div>`);
      if (__props.image || runtimeDom_cjs_prod.unref(heroImageSlotExists)) {
        _push(`<div class="image" data-v-85019cd4><div class="image-container" data-v-85019cd4><div class="image-bg" data-v-85019cd4></div>`);
        ssrRenderSlot_1(_ctx.$slots, "home-hero-image", {}, () => {
          if (__props.image) {
            _push(ssrRenderComponent_1(VPImage, {
              class: "image-src",
              image: __props.image
            }, null, _parent));
          } else {
            _push(`<!---->`);
          }
        }, _push, _parent);
        _push(`</div></div>`);
      } else {
        _push(`<!---->`);
      }
      _push(`</div></div>`);
    };
  }
});
const _sfc_setup$T = _sfc_main$T.setup;
_sfc_main$T.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPHero.vue");
  return _sfc_setup$T ? _sfc_setup$T(props, ctx) : void 0;
};
const VPHero = /* @__PURE__ */ _export_sfc(_sfc_main$T, [["__scopeId", "data-v-85019cd4"]]);
const _sfc_main$S = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPHomeHero",
  __ssrInlineRender: true,
  setup(__props) {
    const { frontmatter: fm } = useData();
    return (_ctx, _push, _parent, _attrs) => {
      if (runtimeDom_cjs_prod.unref(fm).hero) {
        _push(ssrRenderComponent_1(VPHero, runtimeDom_cjs_prod.mergeProps({
          class: "VPHomeHero",
          name: runtimeDom_cjs_prod.unref(fm).hero.name,
          text: runtimeDom_cjs_prod.unref(fm).hero.text,
          tagline: runtimeDom_cjs_prod.unref(fm).hero.tagline,
          image: runtimeDom_cjs_prod.unref(fm).hero.image,
          actions: runtimeDom_cjs_prod.unref(fm).hero.actions
        }, _attrs), {
          "home-hero-info-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-hero-info-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-info-before")
              ];
            }
          }),
          "home-hero-info": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-hero-info", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-info")
              ];
            }
          }),
          "home-hero-info-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-hero-info-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-info-after")
              ];
            }
          }),
          "home-hero-actions-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-hero-actions-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-actions-after")
              ];
            }
          }),
          "home-hero-image": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-hero-image", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-image")
              ];
            }
          }),
          _: 3
        }, _parent));
      } else {
        _push(`<!---->`);
      }
    };
  }
});
const _sfc_setup$S = _sfc_main$S.setup;
_sfc_main$S.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPHomeHero.vue");
  return _sfc_setup$S ? _sfc_setup$S(props, ctx) : void 0;
};
const _sfc_main$R = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPFeature",
  __ssrInlineRender: true,
  props: {
    icon: {},
    title: {},
    details: {},
    link: {},
    linkText: {},
    rel: {},
    target: {}
  },
  setup(__props) {
    return (_ctx, _push, _parent, _attrs) => {
      _push(ssrRenderComponent_1(_sfc_main$Z, runtimeDom_cjs_prod.mergeProps({
        class: "VPFeature",
        href: __props.link,
        rel: __props.rel,
        target: __props.target,
        "no-icon": true,
        tag: __props.link ? "a" : "div"
      }, _attrs), {
        default: runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
          if (_push2) {
            _push2(`<article class="box" data-v-8d51aece${_scopeId}>`);
            if (typeof __props.icon === "object" && __props.icon.wrap) {
              _push2(`<div class="icon" data-v-8d51aece${_scopeId}>`);
              _push2(ssrRenderComponent_1(VPImage, {
                image: __props.icon,
                alt: __props.icon.alt,
                height: __props.icon.height || 48,
                width: __props.icon.width || 48
              }, null, _parent2, _scopeId));
              _push2(`</div>`);
            } else if (typeof __props.icon === "object") {
              _push2(ssrRenderComponent_1(VPImage, {
                image: __props.icon,
                alt: __props.icon.alt,
                height: __props.icon.height || 48,
                width: __props.icon.width || 48
              }, null, _parent2, _scopeId));
            } else if (__props.icon) {
              _push2(`<div class="icon" data-v-8d51aece${_scopeId}>${__props.icon ?? ""}</div>`);
            } else {
              _push2(`<!---->`);
            }
            _push2(`<h2 class="title" data-v-8d51aece${_scopeId}>${__props.title ?? ""}</h2>`);
            if (__props.details) {
              _push2(`<p class="details" data-v-8d51aece${_scopeId}>${__props.details ?? ""}</p>`);
            } else {
              _push2(`<!---->`);
            }
            if (__props.linkText) {
              _push2(`<div class="link-text" data-v-8d51aece${_scopeId}><p class="link-text-value" data-v-8d51aece${_scopeId}>${ssrInterpolate_1(__props.linkText)} <span class="vpi-arrow-right link-text-icon" data-v-8d51aece${_scopeId}></span></p></div>`);
            } else {
              _push2(`<!---->`);
            }
            _push2(`</article>`);
          } else {
            return [
              runtimeDom_cjs_prod.createVNode("article", { class: "box" }, [
                typeof __props.icon === "object" && __props.icon.wrap ? (runtimeDom_cjs_prod.openBlock(), runtimeDom_cjs_prod.createBlock("div", {
                  key: 0,
                  class: "icon"
                }, [
                  runtimeDom_cjs_prod.createVNode(VPImage, {
                    image: __props.icon,
                    alt: __props.icon.alt,
                    height: __props.icon.height || 48,
                    width: __props.icon.width || 48
                  }, null, 8, ["image", "alt", "height", "width"])
                ])) : typeof __props.icon === "object" ? (runtimeDom_cjs_prod.openBlock(), runtimeDom_cjs_prod.createBlock(VPImage, {
                  key: 1,
                  image: __props.icon,
                  alt: __props.icon.alt,
                  height: __props.icon.height || 48,
                  width: __props.icon.width || 48
                }, null, 8, ["image", "alt", "height", "width"])) : __props.icon ? (runtimeDom_cjs_prod.openBlock(), runtimeDom_cjs_prod.createBlock("div", {
                  key: 2,
                  class: "icon",
                  innerHTML: __props.icon
                }, null, 8, ["innerHTML"])) : runtimeDom_cjs_prod.createCommentVNode("", true),
                runtimeDom_cjs_prod.createVNode("h2", {
                  class: "title",
                  innerHTML: __props.title
                }, null, 8, ["innerHTML"]),
                __props.details ? (runtimeDom_cjs_prod.openBlock(), runtimeDom_cjs_prod.createBlock("p", {
                  key: 3,
                  class: "details",
                  innerHTML: __props.details
                }, null, 8, ["innerHTML"])) : runtimeDom_cjs_prod.createCommentVNode("", true),
                __props.linkText ? (runtimeDom_cjs_prod.openBlock(), runtimeDom_cjs_prod.createBlock("div", {
                  key: 4,
                  class: "link-text"
                }, [
                  runtimeDom_cjs_prod.createVNode("p", { class: "link-text-value" }, [
                    runtimeDom_cjs_prod.createTextVNode(runtimeDom_cjs_prod.toDisplayString(__props.linkText) + " ", 1),
                    runtimeDom_cjs_prod.createVNode("span", { class: "vpi-arrow-right link-text-icon" })
                  ])
                ])) : runtimeDom_cjs_prod.createCommentVNode("", true)
              ])
            ];
          }
        }),
        _: 1
      }, _parent));
    };
  }
});
const _sfc_setup$R = _sfc_main$R.setup;
_sfc_main$R.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPFeature.vue");
  return _sfc_setup$R ? _sfc_setup$R(props, ctx) : void 0;
};
const VPFeature = /* @__PURE__ */ _export_sfc(_sfc_main$R, [["__scopeId", "data-v-8d51aece"]]);
const _sfc_main$Q = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPFeatures",
  __ssrInlineRender: true,
  props: {
    features: {}
  },
  setup(__props) {
    const props = __props;
    const grid = runtimeDom_cjs_prod.computed(() => {
      const length = props.features.length;
      if (!length) {
        return;
      } else if (length === 2) {
        return "grid-2";
      } else if (length === 3) {
        return "grid-3";
      } else if (length % 3 === 0) {
        return "grid-6";
      } else if (length > 3) {
        return "grid-4";
      }
    });
    return (_ctx, _push, _parent, _attrs) => {
      if (__props.features) {
        _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "VPFeatures" }, _attrs))} data-v-1bc48d2d><div class="container" data-v-1bc48d2d><div class="items" data-v-1bc48d2d><!--[-->`);
        ssrRenderList_1(__props.features, (feature) => {
          _push(`<div class="${ssrRenderClass_1([[grid.value], "item"])}" data-v-1bc48d2d>`);
          _push(ssrRenderComponent_1(VPFeature, {
            icon: feature.icon,
            title: feature.title,
            details: feature.details,
            link: feature.link,
            "link-text": feature.linkText,
            rel: feature.rel,
            target: feature.target
          }, null, _parent));
          _push(`</div>`);
        });
        _push(`<!--]--></div></div></div>`);
      } else {
        _push(`<!---->`);
      }
    };
  }
});
const _sfc_setup$Q = _sfc_main$Q.setup;
_sfc_main$Q.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPFeatures.vue");
  return _sfc_setup$Q ? _sfc_setup$Q(props, ctx) : void 0;
};
const VPFeatures = /* @__PURE__ */ _export_sfc(_sfc_main$Q, [["__scopeId", "data-v-1bc48d2d"]]);
const _sfc_main$P = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPHomeFeatures",
  __ssrInlineRender: true,
  setup(__props) {
    const { frontmatter: fm } = useData();
    return (_ctx, _push, _parent, _attrs) => {
      if (runtimeDom_cjs_prod.unref(fm).features) {
        _push(ssrRenderComponent_1(VPFeatures, runtimeDom_cjs_prod.mergeProps({
          class: "VPHomeFeatures",
          features: runtimeDom_cjs_prod.unref(fm).features
        }, _attrs), null, _parent));
      } else {
        _push(`<!---->`);
      }
    };
  }
});
const _sfc_setup$P = _sfc_main$P.setup;
_sfc_main$P.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPHomeFeatures.vue");
  return _sfc_setup$P ? _sfc_setup$P(props, ctx) : void 0;
};
const _sfc_main$O = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPHomeContent",
  __ssrInlineRender: true,
  setup(__props) {
    const { width: vw } = useWindowSize({
      initialWidth: 0,
      includeScrollbar: false
    });
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
        class: "vp-doc container",
        style: runtimeDom_cjs_prod.unref(vw) ? { "--vp-offset": `calc(50% - ${runtimeDom_cjs_prod.unref(vw) / 2}px)` } : {}
      }, _attrs))} data-v-91b2ea42>`);
      ssrRenderSlot_1(_ctx.$slots, "default", {}, null, _push, _parent);
      _push(`</div>`);
    };
  }
});
const _sfc_setup$O = _sfc_main$O.setup;
_sfc_main$O.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPHomeContent.vue");
  return _sfc_setup$O ? _sfc_setup$O(props, ctx) : void 0;
};
const VPHomeContent = /* @__PURE__ */ _export_sfc(_sfc_main$O, [["__scopeId", "data-v-91b2ea42"]]);
const _sfc_main$N = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPHome",
  __ssrInlineRender: true,
  setup(__props) {
    const { frontmatter, theme: theme2 } = useData();
    return (_ctx, _push, _parent, _attrs) => {
      const _component_Content = runtimeDom_cjs_prod.resolveComponent("Content");
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
        class: ["VPHome", {
          "external-link-icon-enabled": runtimeDom_cjs_prod.unref(theme2).externalLinkIcon
        }]
      }, _attrs))} data-v-c80abb02>`);
      ssrRenderSlot_1(_ctx.$slots, "home-hero-before", {}, null, _push, _parent);
      _push(ssrRenderComponent_1(_sfc_main$S, null, {
        "home-hero-info-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
          if (_push2) {
            ssrRenderSlot_1(_ctx.$slots, "home-hero-info-before", {}, null, _push2, _parent2, _scopeId);
          } else {
            return [
              runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-info-before", {}, void 0, true)
            ];
          }
        }),
        "home-hero-info": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
          if (_push2) {
            ssrRenderSlot_1(_ctx.$slots, "home-hero-info", {}, null, _push2, _parent2, _scopeId);
          } else {
            return [
              runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-info", {}, void 0, true)
            ];
          }
        }),
        "home-hero-info-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
          if (_push2) {
            ssrRenderSlot_1(_ctx.$slots, "home-hero-info-after", {}, null, _push2, _parent2, _scopeId);
          } else {
            return [
              runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-info-after", {}, void 0, true)
            ];
          }
        }),
        "home-hero-actions-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
          if (_push2) {
            ssrRenderSlot_1(_ctx.$slots, "home-hero-actions-after", {}, null, _push2, _parent2, _scopeId);
          } else {
            return [
              runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-actions-after", {}, void 0, true)
            ];
          }
        }),
        "home-hero-image": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
          if (_push2) {
            ssrRenderSlot_1(_ctx.$slots, "home-hero-image", {}, null, _push2, _parent2, _scopeId);
          } else {
            return [
              runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-image", {}, void 0, true)
            ];
          }
        }),
        _: 3
      }, _parent));
      ssrRenderSlot_1(_ctx.$slots, "home-hero-after", {}, null, _push, _parent);
      ssrRenderSlot_1(_ctx.$slots, "home-features-before", {}, null, _push, _parent);
      _push(ssrRenderComponent_1(_sfc_main$P, null, null, _parent));
      ssrRenderSlot_1(_ctx.$slots, "home-features-after", {}, null, _push, _parent);
      if (runtimeDom_cjs_prod.unref(frontmatter).markdownStyles !== false) {
        _push(ssrRenderComponent_1(VPHomeContent, null, {
          default: runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              _push2(ssrRenderComponent_1(_component_Content, null, null, _parent2, _scopeId));
            } else {
              return [
                runtimeDom_cjs_prod.createVNode(_component_Content)
              ];
            }
          }),
          _: 1
        }, _parent));
      } else {
        _push(ssrRenderComponent_1(_component_Content, null, null, _parent));
      }
      _push(`</div>`);
    };
  }
});
const _sfc_setup$N = _sfc_main$N.setup;
_sfc_main$N.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPHome.vue");
  return _sfc_setup$N ? _sfc_setup$N(props, ctx) : void 0;
};
const VPHome = /* @__PURE__ */ _export_sfc(_sfc_main$N, [["__scopeId", "data-v-c80abb02"]]);
const _sfc_main$M = {};
function _sfc_ssrRender$1(_ctx, _push, _parent, _attrs) {
  const _component_Content = runtimeDom_cjs_prod.resolveComponent("Content");
  _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "VPPage" }, _attrs))}>`);
  ssrRenderSlot_1(_ctx.$slots, "page-top", {}, null, _push, _parent);
  _push(ssrRenderComponent_1(_component_Content, null, null, _parent));
  ssrRenderSlot_1(_ctx.$slots, "page-bottom", {}, null, _push, _parent);
  _push(`</div>`);
}
const _sfc_setup$M = _sfc_main$M.setup;
_sfc_main$M.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPPage.vue");
  return _sfc_setup$M ? _sfc_setup$M(props, ctx) : void 0;
};
const VPPage = /* @__PURE__ */ _export_sfc(_sfc_main$M, [["ssrRender", _sfc_ssrRender$1]]);
const _sfc_main$L = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPContent",
  __ssrInlineRender: true,
  setup(__props) {
    const { page, frontmatter } = useData();
    const { hasSidebar } = useSidebar();
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
        class: ["VPContent", {
          "has-sidebar": runtimeDom_cjs_prod.unref(hasSidebar),
          "is-home": runtimeDom_cjs_prod.unref(frontmatter).layout === "home"
        }],
        id: "VPContent"
      }, _attrs))} data-v-2e61ac53>`);
      if (runtimeDom_cjs_prod.unref(page).isNotFound) {
        ssrRenderSlot_1(_ctx.$slots, "not-found", {}, () => {
          _push(ssrRenderComponent_1(NotFound, null, null, _parent));
        }, _push, _parent);
      } else if (runtimeDom_cjs_prod.unref(frontmatter).layout === "page") {
        _push(ssrRenderComponent_1(VPPage, null, {
          "page-top": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "page-top", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "page-top", {}, void 0, true)
              ];
            }
          }),
          "page-bottom": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "page-bottom", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "page-bottom", {}, void 0, true)
              ];
            }
          }),
          _: 3
        }, _parent));
      } else if (runtimeDom_cjs_prod.unref(frontmatter).layout === "home") {
        _push(ssrRenderComponent_1(VPHome, null, {
          "home-hero-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-hero-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-before", {}, void 0, true)
              ];
            }
          }),
          "home-hero-info-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-hero-info-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-info-before", {}, void 0, true)
              ];
            }
          }),
          "home-hero-info": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-hero-info", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-info", {}, void 0, true)
              ];
            }
          }),
          "home-hero-info-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-hero-info-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-info-after", {}, void 0, true)
              ];
            }
          }),
          "home-hero-actions-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-hero-actions-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-actions-after", {}, void 0, true)
              ];
            }
          }),
          "home-hero-image": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-hero-image", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-image", {}, void 0, true)
              ];
            }
          }),
          "home-hero-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-hero-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-after", {}, void 0, true)
              ];
            }
          }),
          "home-features-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-features-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-features-before", {}, void 0, true)
              ];
            }
          }),
          "home-features-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-features-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-features-after", {}, void 0, true)
              ];
            }
          }),
          _: 3
        }, _parent));
      } else if (runtimeDom_cjs_prod.unref(frontmatter).layout && runtimeDom_cjs_prod.unref(frontmatter).layout !== "doc") {
        ssrRenderVNode(_push, runtimeDom_cjs_prod.createVNode(runtimeDom_cjs_prod.resolveDynamicComponent(runtimeDom_cjs_prod.unref(frontmatter).layout), null, null), _parent);
      } else {
        _push(ssrRenderComponent_1(VPDoc, null, {
          "doc-top": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "doc-top", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "doc-top", {}, void 0, true)
              ];
            }
          }),
          "doc-bottom": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "doc-bottom", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "doc-bottom", {}, void 0, true)
              ];
            }
          }),
          "doc-footer-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "doc-footer-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "doc-footer-before", {}, void 0, true)
              ];
            }
          }),
          "doc-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "doc-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "doc-before", {}, void 0, true)
              ];
            }
          }),
          "doc-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "doc-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "doc-after", {}, void 0, true)
              ];
            }
          }),
          "aside-top": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "aside-top", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "aside-top", {}, void 0, true)
              ];
            }
          }),
          "aside-outline-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "aside-outline-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "aside-outline-before", {}, void 0, true)
              ];
            }
          }),
          "aside-outline-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "aside-outline-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "aside-outline-after", {}, void 0, true)
              ];
            }
          }),
          "aside-ads-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "aside-ads-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "aside-ads-before", {}, void 0, true)
              ];
            }
          }),
          "aside-ads-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "aside-ads-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "aside-ads-after", {}, void 0, true)
              ];
            }
          }),
          "aside-bottom": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "aside-bottom", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "aside-bottom", {}, void 0, true)
              ];
            }
          }),
          _: 3
        }, _parent));
      }
      _push(`</div>`);
    };
  }
});
const _sfc_setup$L = _sfc_main$L.setup;
_sfc_main$L.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPContent.vue");
  return _sfc_setup$L ? _sfc_setup$L(props, ctx) : void 0;
};
const VPContent = /* @__PURE__ */ _export_sfc(_sfc_main$L, [["__scopeId", "data-v-2e61ac53"]]);
const _sfc_main$K = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPFooter",
  __ssrInlineRender: true,
  setup(__props) {
    const { theme: theme2, frontmatter } = useData();
    const { hasSidebar } = useSidebar();
    return (_ctx, _push, _parent, _attrs) => {
      if (runtimeDom_cjs_prod.unref(theme2).footer && runtimeDom_cjs_prod.unref(frontmatter).footer !== false) {
        _push(`<footer${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
          class: ["VPFooter", { "has-sidebar": runtimeDom_cjs_prod.unref(hasSidebar) }]
        }, _attrs))} data-v-03176281><div class="container" data-v-03176281>`);
        if (runtimeDom_cjs_prod.unref(theme2).footer.message) {
          _push(`<p class="message" data-v-03176281>${runtimeDom_cjs_prod.unref(theme2).footer.message ?? ""}</p>`);
        } else {
          _push(`<!---->`);
        }
        if (runtimeDom_cjs_prod.unref(theme2).footer.copyright) {
          _push(`<p class="copyright" data-v-03176281>${runtimeDom_cjs_prod.unref(theme2).footer.copyright ?? ""}</p>`);
        } else {
          _push(`<!---->`);
        }
        _push(`</div></footer>`);
      } else {
        _push(`<!---->`);
      }
    };
  }
});
const _sfc_setup$K = _sfc_main$K.setup;
_sfc_main$K.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPFooter.vue");
  return _sfc_setup$K ? _sfc_setup$K(props, ctx) : void 0;
};
const VPFooter = /* @__PURE__ */ _export_sfc(_sfc_main$K, [["__scopeId", "data-v-03176281"]]);
function useLocalNav() {
  const { theme: theme2, frontmatter } = useData();
  const headers = runtimeDom_cjs_prod.shallowRef([]);
  const hasLocalNav = runtimeDom_cjs_prod.computed(() => {
    return headers.value.length > 0;
  });
  onContentUpdated(() => {
    headers.value = getHeaders(frontmatter.value.outline ?? theme2.value.outline);
  });
  return {
    headers,
    hasLocalNav
  };
}
const _sfc_main$J = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPLocalNavOutlineDropdown",
  __ssrInlineRender: true,
  props: {
    headers: {},
    navHeight: {}
  },
  setup(__props) {
    const { theme: theme2 } = useData();
    const open = runtimeDom_cjs_prod.ref(false);
    const vh = runtimeDom_cjs_prod.ref(0);
    const main = runtimeDom_cjs_prod.ref();
    runtimeDom_cjs_prod.ref();
    function closeOnClickOutside(e) {
      var _a;
      if (!((_a = main.value) == null ? void 0 : _a.contains(e.target))) {
        open.value = false;
      }
    }
    runtimeDom_cjs_prod.watch(open, (value) => {
      if (value) {
        document.addEventListener("click", closeOnClickOutside);
        return;
      }
      document.removeEventListener("click", closeOnClickOutside);
    });
    onKeyStroke("Escape", () => {
      open.value = false;
    });
    onContentUpdated(() => {
      open.value = false;
    });
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
        class: "VPLocalNavOutlineDropdown",
        style: { "--vp-vh": vh.value + "px" },
        ref_key: "main",
        ref: main
      }, _attrs))} data-v-bc5c1b98>`);
      if (__props.headers.length > 0) {
        _push(`<button class="${ssrRenderClass_1({ open: open.value })}" data-v-bc5c1b98><span class="menu-text" data-v-bc5c1b98>${ssrInterpolate_1(runtimeDom_cjs_prod.unref(resolveTitle)(runtimeDom_cjs_prod.unref(theme2)))}</span><span class="vpi-chevron-right icon" data-v-bc5c1b98></span></button>`);
      } else {
        _push(`<button data-v-bc5c1b98>${ssrInterpolate_1(runtimeDom_cjs_prod.unref(theme2).returnToTopLabel || "Return to top")}</button>`);
      }
      if (open.value) {
        _push(`<div class="items" data-v-bc5c1b98><div class="header" data-v-bc5c1b98><a class="top-link" href="#" data-v-bc5c1b98>${ssrInterpolate_1(runtimeDom_cjs_prod.unref(theme2).returnToTopLabel || "Return to top")}</a></div><div class="outline" data-v-bc5c1b98>`);
        _push(ssrRenderComponent_1(VPDocOutlineItem, { headers: __props.headers }, null, _parent));
        _push(`</div></div>`);
      } else {
        _push(`<!---->`);
      }
      _push(`</div>`);
    };
  }
});
const _sfc_setup$J = _sfc_main$J.setup;
_sfc_main$J.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPLocalNavOutlineDropdown.vue");
  return _sfc_setup$J ? _sfc_setup$J(props, ctx) : void 0;
};
const VPLocalNavOutlineDropdown = /* @__PURE__ */ _export_sfc(_sfc_main$J, [["__scopeId", "data-v-bc5c1b98"]]);
const _sfc_main$I = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPLocalNav",
  __ssrInlineRender: true,
  props: {
    open: { type: Boolean }
  },
  emits: ["open-menu"],
  setup(__props) {
    const { theme: theme2, frontmatter } = useData();
    const { hasSidebar } = useSidebar();
    const { headers } = useLocalNav();
    const { y } = useWindowScroll();
    const navHeight = runtimeDom_cjs_prod.ref(0);
    runtimeDom_cjs_prod.onMounted(() => {
      navHeight.value = parseInt(
        getComputedStyle(document.documentElement).getPropertyValue(
          "--vp-nav-height"
        )
      );
    });
    onContentUpdated(() => {
      headers.value = getHeaders(frontmatter.value.outline ?? theme2.value.outline);
    });
    const empty = runtimeDom_cjs_prod.computed(() => {
      return headers.value.length === 0;
    });
    const emptyAndNoSidebar = runtimeDom_cjs_prod.computed(() => {
      return empty.value && !hasSidebar.value;
    });
    const classes = runtimeDom_cjs_prod.computed(() => {
      return {
        VPLocalNav: true,
        "has-sidebar": hasSidebar.value,
        empty: empty.value,
        fixed: emptyAndNoSidebar.value
      };
    });
    return (_ctx, _push, _parent, _attrs) => {
      if (runtimeDom_cjs_prod.unref(frontmatter).layout !== "home" && (!emptyAndNoSidebar.value || runtimeDom_cjs_prod.unref(y) >= navHeight.value)) {
        _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: classes.value }, _attrs))} data-v-1d31f455><div class="container" data-v-1d31f455>`);
        if (runtimeDom_cjs_prod.unref(hasSidebar)) {
          _push(`<button class="menu"${ssrRenderAttr_1("aria-expanded", __props.open)} aria-controls="VPSidebarNav" data-v-1d31f455><span class="vpi-align-left menu-icon" data-v-1d31f455></span><span class="menu-text" data-v-1d31f455>${ssrInterpolate_1(runtimeDom_cjs_prod.unref(theme2).sidebarMenuLabel || "Menu")}</span></button>`);
        } else {
          _push(`<!---->`);
        }
        _push(ssrRenderComponent_1(VPLocalNavOutlineDropdown, {
          headers: runtimeDom_cjs_prod.unref(headers),
          navHeight: navHeight.value
        }, null, _parent));
        _push(`</div></div>`);
      } else {
        _push(`<!---->`);
      }
    };
  }
});
const _sfc_setup$I = _sfc_main$I.setup;
_sfc_main$I.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPLocalNav.vue");
  return _sfc_setup$I ? _sfc_setup$I(props, ctx) : void 0;
};
const VPLocalNav = /* @__PURE__ */ _export_sfc(_sfc_main$I, [["__scopeId", "data-v-1d31f455"]]);
function useNav() {
  const isScreenOpen = runtimeDom_cjs_prod.ref(false);
  function openScreen() {
    isScreenOpen.value = true;
    window.addEventListener("resize", closeScreenOnTabletWindow);
  }
  function closeScreen() {
    isScreenOpen.value = false;
    window.removeEventListener("resize", closeScreenOnTabletWindow);
  }
  function toggleScreen() {
    isScreenOpen.value ? closeScreen() : openScreen();
  }
  function closeScreenOnTabletWindow() {
    window.outerWidth >= 768 && closeScreen();
  }
  const route = useRoute();
  runtimeDom_cjs_prod.watch(() => route.path, closeScreen);
  return {
    isScreenOpen,
    openScreen,
    closeScreen,
    toggleScreen
  };
}
const _sfc_main$H = {};
function _sfc_ssrRender(_ctx, _push, _parent, _attrs) {
  _push(`<button${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
    class: "VPSwitch",
    type: "button",
    role: "switch"
  }, _attrs))} data-v-896834f2><span class="check" data-v-896834f2>`);
  if (_ctx.$slots.default) {
    _push(`<span class="icon" data-v-896834f2>`);
    ssrRenderSlot_1(_ctx.$slots, "default", {}, null, _push, _parent);
    _push(`</span>`);
  } else {
    _push(`<!---->`);
  }
  _push(`</span></button>`);
}
const _sfc_setup$H = _sfc_main$H.setup;
_sfc_main$H.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPSwitch.vue");
  return _sfc_setup$H ? _sfc_setup$H(props, ctx) : void 0;
};
const VPSwitch = /* @__PURE__ */ _export_sfc(_sfc_main$H, [["ssrRender", _sfc_ssrRender], ["__scopeId", "data-v-896834f2"]]);
const _sfc_main$G = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPSwitchAppearance",
  __ssrInlineRender: true,
  setup(__props) {
    const { isDark, theme: theme2 } = useData();
    const toggleAppearance = runtimeDom_cjs_prod.inject("toggle-appearance", () => {
      isDark.value = !isDark.value;
    });
    const switchTitle = runtimeDom_cjs_prod.ref("");
    runtimeDom_cjs_prod.watchPostEffect(() => {
      switchTitle.value = isDark.value ? theme2.value.lightModeSwitchTitle || "Switch to light theme" : theme2.value.darkModeSwitchTitle || "Switch to dark theme";
    });
    return (_ctx, _push, _parent, _attrs) => {
      _push(ssrRenderComponent_1(VPSwitch, runtimeDom_cjs_prod.mergeProps({
        title: switchTitle.value,
        class: "VPSwitchAppearance",
        "aria-checked": runtimeDom_cjs_prod.unref(isDark),
        onClick: runtimeDom_cjs_prod.unref(toggleAppearance)
      }, _attrs), {
        default: runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
          if (_push2) {
            _push2(`<span class="vpi-sun sun" data-v-316ebb28${_scopeId}></span><span class="vpi-moon moon" data-v-316ebb28${_scopeId}></span>`);
          } else {
            return [
              runtimeDom_cjs_prod.createVNode("span", { class: "vpi-sun sun" }),
              runtimeDom_cjs_prod.createVNode("span", { class: "vpi-moon moon" })
            ];
          }
        }),
        _: 1
      }, _parent));
    };
  }
});
const _sfc_setup$G = _sfc_main$G.setup;
_sfc_main$G.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPSwitchAppearance.vue");
  return _sfc_setup$G ? _sfc_setup$G(props, ctx) : void 0;
};
const VPSwitchAppearance = /* @__PURE__ */ _export_sfc(_sfc_main$G, [["__scopeId", "data-v-316ebb28"]]);
const _sfc_main$F = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavBarAppearance",
  __ssrInlineRender: true,
  setup(__props) {
    const { site } = useData();
    return (_ctx, _push, _parent, _attrs) => {
      if (runtimeDom_cjs_prod.unref(site).appearance && runtimeDom_cjs_prod.unref(site).appearance !== "force-dark" && runtimeDom_cjs_prod.unref(site).appearance !== "force-auto") {
        _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "VPNavBarAppearance" }, _attrs))} data-v-e72abcc5>`);
        _push(ssrRenderComponent_1(VPSwitchAppearance, null, null, _parent));
        _push(`</div>`);
      } else {
        _push(`<!---->`);
      }
    };
  }
});
const _sfc_setup$F = _sfc_main$F.setup;
_sfc_main$F.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavBarAppearance.vue");
  return _sfc_setup$F ? _sfc_setup$F(props, ctx) : void 0;
};
const VPNavBarAppearance = /* @__PURE__ */ _export_sfc(_sfc_main$F, [["__scopeId", "data-v-e72abcc5"]]);
const focusedElement = runtimeDom_cjs_prod.ref();
let active = false;
let listeners = 0;
function useFlyout(options) {
  const focus = runtimeDom_cjs_prod.ref(false);
  if (inBrowser) {
    !active && activateFocusTracking();
    listeners++;
    const unwatch = runtimeDom_cjs_prod.watch(focusedElement, (el) => {
      var _a, _b, _c;
      if (el === options.el.value || ((_a = options.el.value) == null ? void 0 : _a.contains(el))) {
        focus.value = true;
        (_b = options.onFocus) == null ? void 0 : _b.call(options);
      } else {
        focus.value = false;
        (_c = options.onBlur) == null ? void 0 : _c.call(options);
      }
    });
    runtimeDom_cjs_prod.onUnmounted(() => {
      unwatch();
      listeners--;
      if (!listeners) {
        deactivateFocusTracking();
      }
    });
  }
  return runtimeDom_cjs_prod.readonly(focus);
}
function activateFocusTracking() {
  document.addEventListener("focusin", handleFocusIn);
  active = true;
  focusedElement.value = document.activeElement;
}
function deactivateFocusTracking() {
  document.removeEventListener("focusin", handleFocusIn);
}
function handleFocusIn() {
  focusedElement.value = document.activeElement;
}
const _sfc_main$E = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPMenuLink",
  __ssrInlineRender: true,
  props: {
    item: {}
  },
  setup(__props) {
    const { page } = useData();
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "VPMenuLink" }, _attrs))} data-v-34ec1ddd>`);
      _push(ssrRenderComponent_1(_sfc_main$Z, {
        class: {
          active: runtimeDom_cjs_prod.unref(isActive)(
            runtimeDom_cjs_prod.unref(page).relativePath,
            __props.item.activeMatch || __props.item.link,
            !!__props.item.activeMatch
          )
        },
        href: __props.item.link,
        target: __props.item.target,
        rel: __props.item.rel,
        "no-icon": __props.item.noIcon
      }, {
        default: runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
          if (_push2) {
            _push2(`<span data-v-34ec1ddd${_scopeId}>${__props.item.text ?? ""}</span>`);
          } else {
            return [
              runtimeDom_cjs_prod.createVNode("span", {
                innerHTML: __props.item.text
              }, null, 8, ["innerHTML"])
            ];
          }
        }),
        _: 1
      }, _parent));
      _push(`</div>`);
    };
  }
});
const _sfc_setup$E = _sfc_main$E.setup;
_sfc_main$E.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPMenuLink.vue");
  return _sfc_setup$E ? _sfc_setup$E(props, ctx) : void 0;
};
const VPMenuLink = /* @__PURE__ */ _export_sfc(_sfc_main$E, [["__scopeId", "data-v-34ec1ddd"]]);
const _sfc_main$D = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPMenuGroup",
  __ssrInlineRender: true,
  props: {
    text: {},
    items: {}
  },
  setup(__props) {
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "VPMenuGroup" }, _attrs))} data-v-09904738>`);
      if (__props.text) {
        _push(`<p class="title" data-v-09904738>${ssrInterpolate_1(__props.text)}</p>`);
      } else {
        _push(`<!---->`);
      }
      _push(`<!--[-->`);
      ssrRenderList_1(__props.items, (item) => {
        _push(`<!--[-->`);
        if ("link" in item) {
          _push(ssrRenderComponent_1(VPMenuLink, { item }, null, _parent));
        } else {
          _push(`<!---->`);
        }
        _push(`<!--]-->`);
      });
      _push(`<!--]--></div>`);
    };
  }
});
const _sfc_setup$D = _sfc_main$D.setup;
_sfc_main$D.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPMenuGroup.vue");
  return _sfc_setup$D ? _sfc_setup$D(props, ctx) : void 0;
};
const VPMenuGroup = /* @__PURE__ */ _export_sfc(_sfc_main$D, [["__scopeId", "data-v-09904738"]]);
const _sfc_main$C = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPMenu",
  __ssrInlineRender: true,
  props: {
    items: {}
  },
  setup(__props) {
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "VPMenu" }, _attrs))} data-v-9e1d48b2>`);
      if (__props.items) {
        _push(`<div class="items" data-v-9e1d48b2><!--[-->`);
        ssrRenderList_1(__props.items, (item) => {
          _push(`<!--[-->`);
          if ("link" in item) {
            _push(ssrRenderComponent_1(VPMenuLink, { item }, null, _parent));
          } else if ("component" in item) {
            ssrRenderVNode(_push, runtimeDom_cjs_prod.createVNode(runtimeDom_cjs_prod.resolveDynamicComponent(item.component), runtimeDom_cjs_prod.mergeProps({ ref_for: true }, item.props), null), _parent);
          } else {
            _push(ssrRenderComponent_1(VPMenuGroup, {
              text: item.text,
              items: item.items
            }, null, _parent));
          }
          _push(`<!--]-->`);
        });
        _push(`<!--]--></div>`);
      } else {
        _push(`<!---->`);
      }
      ssrRenderSlot_1(_ctx.$slots, "default", {}, null, _push, _parent);
      _push(`</div>`);
    };
  }
});
const _sfc_setup$C = _sfc_main$C.setup;
_sfc_main$C.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPMenu.vue");
  return _sfc_setup$C ? _sfc_setup$C(props, ctx) : void 0;
};
const VPMenu = /* @__PURE__ */ _export_sfc(_sfc_main$C, [["__scopeId", "data-v-9e1d48b2"]]);
const _sfc_main$B = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPFlyout",
  __ssrInlineRender: true,
  props: {
    icon: {},
    button: {},
    label: {},
    items: {}
  },
  setup(__props) {
    const open = runtimeDom_cjs_prod.ref(false);
    const el = runtimeDom_cjs_prod.ref();
    useFlyout({ el, onBlur });
    function onBlur() {
      open.value = false;
    }
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
        class: "VPFlyout",
        ref_key: "el",
        ref: el
      }, _attrs))} data-v-c3ed846f><button type="button" class="button" aria-haspopup="true"${ssrRenderAttr_1("aria-expanded", open.value)}${ssrRenderAttr_1("aria-label", __props.label)} data-v-c3ed846f>`);
      if (__props.button || __props.icon) {
        _push(`<span class="text" data-v-c3ed846f>`);
        if (__props.icon) {
          _push(`<span class="${ssrRenderClass_1([__props.icon, "option-icon"])}" data-v-c3ed846f></span>`);
        } else {
          _push(`<!---->`);
        }
        if (__props.button) {
          _push(`<span data-v-c3ed846f>${__props.button ?? ""}</span>`);
        } else {
          _push(`<!---->`);
        }
        _push(`<span class="vpi-chevron-down text-icon" data-v-c3ed846f></span></span>`);
      } else {
        _push(`<span class="vpi-more-horizontal icon" data-v-c3ed846f></span>`);
      }
      _push(`</button><div class="menu" data-v-c3ed846f>`);
      _push(ssrRenderComponent_1(VPMenu, { items: __props.items }, {
        default: runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
          if (_push2) {
            ssrRenderSlot_1(_ctx.$slots, "default", {}, null, _push2, _parent2, _scopeId);
          } else {
            return [
              runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "default", {}, void 0, true)
            ];
          }
        }),
        _: 3
      }, _parent));
      _push(`</div></div>`);
    };
  }
});
const _sfc_setup$B = _sfc_main$B.setup;
_sfc_main$B.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPFlyout.vue");
  return _sfc_setup$B ? _sfc_setup$B(props, ctx) : void 0;
};
const VPFlyout = /* @__PURE__ */ _export_sfc(_sfc_main$B, [["__scopeId", "data-v-c3ed846f"]]);
const _sfc_main$A = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPSocialLink",
  __ssrInlineRender: true,
  props: {
    icon: {},
    link: {},
    ariaLabel: {}
  },
  setup(__props) {
    var _a;
    const props = __props;
    const el = runtimeDom_cjs_prod.ref();
    runtimeDom_cjs_prod.onMounted(async () => {
      var _a2;
      await runtimeDom_cjs_prod.nextTick();
      const span = (_a2 = el.value) == null ? void 0 : _a2.children[0];
      if (span instanceof HTMLElement && span.className.startsWith("vpi-social-") && (getComputedStyle(span).maskImage || getComputedStyle(span).webkitMaskImage) === "none") {
        span.style.setProperty(
          "--icon",
          `url('https://api.iconify.design/simple-icons/${props.icon}.svg')`
        );
      }
    });
    const svg = runtimeDom_cjs_prod.computed(() => {
      if (typeof props.icon === "object") return props.icon.svg;
      return `<span class="vpi-social-${props.icon}"></span>`;
    });
    {
      typeof props.icon === "string" && ((_a = runtimeDom_cjs_prod.useSSRContext()) == null ? void 0 : _a.vpSocialIcons.add(props.icon));
    }
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<a${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
        ref_key: "el",
        ref: el,
        class: "VPSocialLink no-icon",
        href: __props.link,
        "aria-label": __props.ariaLabel ?? (typeof __props.icon === "string" ? __props.icon : ""),
        target: "_blank",
        rel: "noopener"
      }, _attrs))} data-v-be3281bd>${svg.value ?? ""}</a>`);
    };
  }
});
const _sfc_setup$A = _sfc_main$A.setup;
_sfc_main$A.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPSocialLink.vue");
  return _sfc_setup$A ? _sfc_setup$A(props, ctx) : void 0;
};
const VPSocialLink = /* @__PURE__ */ _export_sfc(_sfc_main$A, [["__scopeId", "data-v-be3281bd"]]);
const _sfc_main$z = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPSocialLinks",
  __ssrInlineRender: true,
  props: {
    links: {}
  },
  setup(__props) {
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "VPSocialLinks" }, _attrs))} data-v-6f6b631e><!--[-->`);
      ssrRenderList_1(__props.links, ({ link: link2, icon, ariaLabel }) => {
        _push(ssrRenderComponent_1(VPSocialLink, {
          key: link2,
          icon,
          link: link2,
          ariaLabel
        }, null, _parent));
      });
      _push(`<!--]--></div>`);
    };
  }
});
const _sfc_setup$z = _sfc_main$z.setup;
_sfc_main$z.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPSocialLinks.vue");
  return _sfc_setup$z ? _sfc_setup$z(props, ctx) : void 0;
};
const VPSocialLinks = /* @__PURE__ */ _export_sfc(_sfc_main$z, [["__scopeId", "data-v-6f6b631e"]]);
const _sfc_main$y = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavBarExtra",
  __ssrInlineRender: true,
  setup(__props) {
    const { site, theme: theme2 } = useData();
    const { localeLinks, currentLang } = useLangs({ correspondingLink: true });
    const hasExtraContent = runtimeDom_cjs_prod.computed(
      () => localeLinks.value.length && currentLang.value.label || site.value.appearance || theme2.value.socialLinks
    );
    return (_ctx, _push, _parent, _attrs) => {
      if (hasExtraContent.value) {
        _push(ssrRenderComponent_1(VPFlyout, runtimeDom_cjs_prod.mergeProps({
          class: "VPNavBarExtra",
          label: "extra navigation"
        }, _attrs), {
          default: runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              if (runtimeDom_cjs_prod.unref(localeLinks).length && runtimeDom_cjs_prod.unref(currentLang).label) {
                _push2(`<div class="group translations" data-v-1fa1cc51${_scopeId}><p class="trans-title" data-v-1fa1cc51${_scopeId}>${ssrInterpolate_1(runtimeDom_cjs_prod.unref(currentLang).label)}</p><!--[-->`);
                ssrRenderList_1(runtimeDom_cjs_prod.unref(localeLinks), (locale) => {
                  _push2(ssrRenderComponent_1(VPMenuLink, { item: locale }, null, _parent2, _scopeId));
                });
                _push2(`<!--]--></div>`);
              } else {
                _push2(`<!---->`);
              }
              if (runtimeDom_cjs_prod.unref(site).appearance && runtimeDom_cjs_prod.unref(site).appearance !== "force-dark" && runtimeDom_cjs_prod.unref(site).appearance !== "force-auto") {
                _push2(`<div class="group" data-v-1fa1cc51${_scopeId}><div class="item appearance" data-v-1fa1cc51${_scopeId}><p class="label" data-v-1fa1cc51${_scopeId}>${ssrInterpolate_1(runtimeDom_cjs_prod.unref(theme2).darkModeSwitchLabel || "Appearance")}</p><div class="appearance-action" data-v-1fa1cc51${_scopeId}>`);
                _push2(ssrRenderComponent_1(VPSwitchAppearance, null, null, _parent2, _scopeId));
                _push2(`</div></div></div>`);
              } else {
                _push2(`<!---->`);
              }
              if (runtimeDom_cjs_prod.unref(theme2).socialLinks) {
                _push2(`<div class="group" data-v-1fa1cc51${_scopeId}><div class="item social-links" data-v-1fa1cc51${_scopeId}>`);
                _push2(ssrRenderComponent_1(VPSocialLinks, {
                  class: "social-links-list",
                  links: runtimeDom_cjs_prod.unref(theme2).socialLinks
                }, null, _parent2, _scopeId));
                _push2(`</div></div>`);
              } else {
                _push2(`<!---->`);
              }
            } else {
              return [
                runtimeDom_cjs_prod.unref(localeLinks).length && runtimeDom_cjs_prod.unref(currentLang).label ? (runtimeDom_cjs_prod.openBlock(), runtimeDom_cjs_prod.createBlock("div", {
                  key: 0,
                  class: "group translations"
                }, [
                  runtimeDom_cjs_prod.createVNode("p", { class: "trans-title" }, runtimeDom_cjs_prod.toDisplayString(runtimeDom_cjs_prod.unref(currentLang).label), 1),
                  (runtimeDom_cjs_prod.openBlock(true), runtimeDom_cjs_prod.createBlock(runtimeDom_cjs_prod.Fragment, null, runtimeDom_cjs_prod.renderList(runtimeDom_cjs_prod.unref(localeLinks), (locale) => {
                    return runtimeDom_cjs_prod.openBlock(), runtimeDom_cjs_prod.createBlock(VPMenuLink, {
                      key: locale.link,
                      item: locale
                    }, null, 8, ["item"]);
                  }), 128))
                ])) : runtimeDom_cjs_prod.createCommentVNode("", true),
                runtimeDom_cjs_prod.unref(site).appearance && runtimeDom_cjs_prod.unref(site).appearance !== "force-dark" && runtimeDom_cjs_prod.unref(site).appearance !== "force-auto" ? (runtimeDom_cjs_prod.openBlock(), runtimeDom_cjs_prod.createBlock("div", {
                  key: 1,
                  class: "group"
                }, [
                  runtimeDom_cjs_prod.createVNode("div", { class: "item appearance" }, [
                    runtimeDom_cjs_prod.createVNode("p", { class: "label" }, runtimeDom_cjs_prod.toDisplayString(runtimeDom_cjs_prod.unref(theme2).darkModeSwitchLabel || "Appearance"), 1),
                    runtimeDom_cjs_prod.createVNode("div", { class: "appearance-action" }, [
                      runtimeDom_cjs_prod.createVNode(VPSwitchAppearance)
                    ])
                  ])
                ])) : runtimeDom_cjs_prod.createCommentVNode("", true),
                runtimeDom_cjs_prod.unref(theme2).socialLinks ? (runtimeDom_cjs_prod.openBlock(), runtimeDom_cjs_prod.createBlock("div", {
                  key: 2,
                  class: "group"
                }, [
                  runtimeDom_cjs_prod.createVNode("div", { class: "item social-links" }, [
                    runtimeDom_cjs_prod.createVNode(VPSocialLinks, {
                      class: "social-links-list",
                      links: runtimeDom_cjs_prod.unref(theme2).socialLinks
                    }, null, 8, ["links"])
                  ])
                ])) : runtimeDom_cjs_prod.createCommentVNode("", true)
              ];
            }
          }),
          _: 1
        }, _parent));
      } else {
        _push(`<!---->`);
      }
    };
  }
});
const _sfc_setup$y = _sfc_main$y.setup;
_sfc_main$y.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavBarExtra.vue");
  return _sfc_setup$y ? _sfc_setup$y(props, ctx) : void 0;
};
const VPNavBarExtra = /* @__PURE__ */ _export_sfc(_sfc_main$y, [["__scopeId", "data-v-1fa1cc51"]]);
const _sfc_main$x = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavBarHamburger",
  __ssrInlineRender: true,
  props: {
    active: { type: Boolean }
  },
  emits: ["click"],
  setup(__props) {
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<button${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
        type: "button",
        class: ["VPNavBarHamburger", { active: __props.active }],
        "aria-label": "mobile navigation",
        "aria-expanded": __props.active,
        "aria-controls": "VPNavScreen"
      }, _attrs))} data-v-e141705a><span class="container" data-v-e141705a><span class="top" data-v-e141705a></span><span class="middle" data-v-e141705a></span><span class="bottom" data-v-e141705a></span></span></button>`);
    };
  }
});
const _sfc_setup$x = _sfc_main$x.setup;
_sfc_main$x.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavBarHamburger.vue");
  return _sfc_setup$x ? _sfc_setup$x(props, ctx) : void 0;
};
const VPNavBarHamburger = /* @__PURE__ */ _export_sfc(_sfc_main$x, [["__scopeId", "data-v-e141705a"]]);
const _sfc_main$w = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavBarMenuLink",
  __ssrInlineRender: true,
  props: {
    item: {}
  },
  setup(__props) {
    const { page } = useData();
    return (_ctx, _push, _parent, _attrs) => {
      _push(ssrRenderComponent_1(_sfc_main$Z, runtimeDom_cjs_prod.mergeProps({
        class: {
          VPNavBarMenuLink: true,
          active: runtimeDom_cjs_prod.unref(isActive)(
            runtimeDom_cjs_prod.unref(page).relativePath,
            __props.item.activeMatch || __props.item.link,
            !!__props.item.activeMatch
          )
        },
        href: __props.item.link,
        target: __props.item.target,
        rel: __props.item.rel,
        "no-icon": __props.item.noIcon,
        tabindex: "0"
      }, _attrs), {
        default: runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
          if (_push2) {
            _push2(`<span data-v-f0a33575${_scopeId}>${__props.item.text ?? ""}</span>`);
          } else {
            return [
              runtimeDom_cjs_prod.createVNode("span", {
                innerHTML: __props.item.text
              }, null, 8, ["innerHTML"])
            ];
          }
        }),
        _: 1
      }, _parent));
    };
  }
});
const _sfc_setup$w = _sfc_main$w.setup;
_sfc_main$w.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavBarMenuLink.vue");
  return _sfc_setup$w ? _sfc_setup$w(props, ctx) : void 0;
};
const VPNavBarMenuLink = /* @__PURE__ */ _export_sfc(_sfc_main$w, [["__scopeId", "data-v-f0a33575"]]);
const _sfc_main$v = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavBarMenuGroup",
  __ssrInlineRender: true,
  props: {
    item: {}
  },
  setup(__props) {
    const props = __props;
    const { page } = useData();
    const isChildActive = (navItem) => {
      if ("component" in navItem) return false;
      if ("link" in navItem) {
        return isActive(
          page.value.relativePath,
          navItem.link,
          !!props.item.activeMatch
        );
      }
      return navItem.items.some(isChildActive);
    };
    const childrenActive = runtimeDom_cjs_prod.computed(() => isChildActive(props.item));
    return (_ctx, _push, _parent, _attrs) => {
      _push(ssrRenderComponent_1(VPFlyout, runtimeDom_cjs_prod.mergeProps({
        class: {
          VPNavBarMenuGroup: true,
          active: runtimeDom_cjs_prod.unref(isActive)(runtimeDom_cjs_prod.unref(page).relativePath, __props.item.activeMatch, !!__props.item.activeMatch) || childrenActive.value
        },
        button: __props.item.text,
        items: __props.item.items
      }, _attrs), null, _parent));
    };
  }
});
const _sfc_setup$v = _sfc_main$v.setup;
_sfc_main$v.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavBarMenuGroup.vue");
  return _sfc_setup$v ? _sfc_setup$v(props, ctx) : void 0;
};
const _sfc_main$u = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavBarMenu",
  __ssrInlineRender: true,
  setup(__props) {
    const { theme: theme2 } = useData();
    return (_ctx, _push, _parent, _attrs) => {
      if (runtimeDom_cjs_prod.unref(theme2).nav) {
        _push(`<nav${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
          "aria-labelledby": "main-nav-aria-label",
          class: "VPNavBarMenu"
        }, _attrs))} data-v-3c12e194><span id="main-nav-aria-label" class="visually-hidden" data-v-3c12e194> Main Navigation </span><!--[-->`);
        ssrRenderList_1(runtimeDom_cjs_prod.unref(theme2).nav, (item) => {
          _push(`<!--[-->`);
          if ("link" in item) {
            _push(ssrRenderComponent_1(VPNavBarMenuLink, { item }, null, _parent));
          } else if ("component" in item) {
            ssrRenderVNode(_push, runtimeDom_cjs_prod.createVNode(runtimeDom_cjs_prod.resolveDynamicComponent(item.component), runtimeDom_cjs_prod.mergeProps({ ref_for: true }, item.props), null), _parent);
          } else {
            _push(ssrRenderComponent_1(_sfc_main$v, { item }, null, _parent));
          }
          _push(`<!--]-->`);
        });
        _push(`<!--]--></nav>`);
      } else {
        _push(`<!---->`);
      }
    };
  }
});
const _sfc_setup$u = _sfc_main$u.setup;
_sfc_main$u.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavBarMenu.vue");
  return _sfc_setup$u ? _sfc_setup$u(props, ctx) : void 0;
};
const VPNavBarMenu = /* @__PURE__ */ _export_sfc(_sfc_main$u, [["__scopeId", "data-v-3c12e194"]]);
function createSearchTranslate(defaultTranslations) {
  const { localeIndex, theme: theme2 } = useData();
  function translate(key) {
    var _a, _b, _c;
    const keyPath = key.split(".");
    const themeObject = (_a = theme2.value.search) == null ? void 0 : _a.options;
    const isObject2 = themeObject && typeof themeObject === "object";
    const locales = isObject2 && ((_c = (_b = themeObject.locales) == null ? void 0 : _b[localeIndex.value]) == null ? void 0 : _c.translations) || null;
    const translations = isObject2 && themeObject.translations || null;
    let localeResult = locales;
    let translationResult = translations;
    let defaultResult = defaultTranslations;
    const lastKey = keyPath.pop();
    for (const k of keyPath) {
      let fallbackResult = null;
      const foundInFallback = defaultResult == null ? void 0 : defaultResult[k];
      if (foundInFallback) {
        fallbackResult = defaultResult = foundInFallback;
      }
      const foundInTranslation = translationResult == null ? void 0 : translationResult[k];
      if (foundInTranslation) {
        fallbackResult = translationResult = foundInTranslation;
      }
      const foundInLocale = localeResult == null ? void 0 : localeResult[k];
      if (foundInLocale) {
        fallbackResult = localeResult = foundInLocale;
      }
      if (!foundInFallback) {
        defaultResult = fallbackResult;
      }
      if (!foundInTranslation) {
        translationResult = fallbackResult;
      }
      if (!foundInLocale) {
        localeResult = fallbackResult;
      }
    }
    return (localeResult == null ? void 0 : localeResult[lastKey]) ?? (translationResult == null ? void 0 : translationResult[lastKey]) ?? (defaultResult == null ? void 0 : defaultResult[lastKey]) ?? "";
  }
  return translate;
}
const _sfc_main$t = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavBarSearchButton",
  __ssrInlineRender: true,
  setup(__props) {
    const defaultTranslations = {
      button: {
        buttonText: "Search",
        buttonAriaLabel: "Search"
      }
    };
    const translate = createSearchTranslate(defaultTranslations);
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<button${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
        type: "button",
        class: "DocSearch DocSearch-Button",
        "aria-label": runtimeDom_cjs_prod.unref(translate)("button.buttonAriaLabel")
      }, _attrs))}><span class="DocSearch-Button-Container"><span class="vp-icon DocSearch-Search-Icon"></span><span class="DocSearch-Button-Placeholder">${ssrInterpolate_1(runtimeDom_cjs_prod.unref(translate)("button.buttonText"))}</span></span><span class="DocSearch-Button-Keys"><kbd class="DocSearch-Button-Key"></kbd><kbd class="DocSearch-Button-Key">K</kbd></span></button>`);
    };
  }
});
const _sfc_setup$t = _sfc_main$t.setup;
_sfc_main$t.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavBarSearchButton.vue");
  return _sfc_setup$t ? _sfc_setup$t(props, ctx) : void 0;
};
const _sfc_main$s = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavBarSearch",
  __ssrInlineRender: true,
  setup(__props) {
    const VPLocalSearchBox = runtimeDom_cjs_prod.defineAsyncComponent(() => import("./VPLocalSearchBox.DuE3As9y.js"));
    const VPAlgoliaSearchBox = () => null;
    const { theme: theme2 } = useData();
    const loaded = runtimeDom_cjs_prod.ref(false);
    const actuallyLoaded = runtimeDom_cjs_prod.ref(false);
    runtimeDom_cjs_prod.onMounted(() => {
      {
        return;
      }
    });
    function load() {
      if (!loaded.value) {
        loaded.value = true;
        setTimeout(poll, 16);
      }
    }
    function poll() {
      const e = new Event("keydown");
      e.key = "k";
      e.metaKey = true;
      window.dispatchEvent(e);
      setTimeout(() => {
        if (!document.querySelector(".DocSearch-Modal")) {
          poll();
        }
      }, 16);
    }
    function isEditingContent(event) {
      const element = event.target;
      const tagName = element.tagName;
      return element.isContentEditable || tagName === "INPUT" || tagName === "SELECT" || tagName === "TEXTAREA";
    }
    const showSearch = runtimeDom_cjs_prod.ref(false);
    {
      onKeyStroke("k", (event) => {
        if (event.ctrlKey || event.metaKey) {
          event.preventDefault();
          showSearch.value = true;
        }
      });
      onKeyStroke("/", (event) => {
        if (!isEditingContent(event)) {
          event.preventDefault();
          showSearch.value = true;
        }
      });
    }
    const provider = "local";
    return (_ctx, _push, _parent, _attrs) => {
      var _a;
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "VPNavBarSearch" }, _attrs))}>`);
      if (runtimeDom_cjs_prod.unref(provider) === "local") {
        _push(`<!--[-->`);
        if (showSearch.value) {
          _push(ssrRenderComponent_1(runtimeDom_cjs_prod.unref(VPLocalSearchBox), {
            onClose: ($event) => showSearch.value = false
          }, null, _parent));
        } else {
          _push(`<!---->`);
        }
        _push(`<div id="local-search">`);
        _push(ssrRenderComponent_1(_sfc_main$t, {
          onClick: ($event) => showSearch.value = true
        }, null, _parent));
        _push(`</div><!--]-->`);
      } else if (runtimeDom_cjs_prod.unref(provider) === "algolia") {
        _push(`<!--[-->`);
        if (loaded.value) {
          _push(ssrRenderComponent_1(runtimeDom_cjs_prod.unref(VPAlgoliaSearchBox), {
            algolia: ((_a = runtimeDom_cjs_prod.unref(theme2).search) == null ? void 0 : _a.options) ?? runtimeDom_cjs_prod.unref(theme2).algolia,
            onVnodeBeforeMount: ($event) => actuallyLoaded.value = true
          }, null, _parent));
        } else {
          _push(`<!---->`);
        }
        if (!actuallyLoaded.value) {
          _push(`<div id="docsearch">`);
          _push(ssrRenderComponent_1(_sfc_main$t, { onClick: load }, null, _parent));
          _push(`</div>`);
        } else {
          _push(`<!---->`);
        }
        _push(`<!--]-->`);
      } else {
        _push(`<!---->`);
      }
      _push(`</div>`);
    };
  }
});
const _sfc_setup$s = _sfc_main$s.setup;
_sfc_main$s.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavBarSearch.vue");
  return _sfc_setup$s ? _sfc_setup$s(props, ctx) : void 0;
};
const _sfc_main$r = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavBarSocialLinks",
  __ssrInlineRender: true,
  setup(__props) {
    const { theme: theme2 } = useData();
    return (_ctx, _push, _parent, _attrs) => {
      if (runtimeDom_cjs_prod.unref(theme2).socialLinks) {
        _push(ssrRenderComponent_1(VPSocialLinks, runtimeDom_cjs_prod.mergeProps({
          class: "VPNavBarSocialLinks",
          links: runtimeDom_cjs_prod.unref(theme2).socialLinks
        }, _attrs), null, _parent));
      } else {
        _push(`<!---->`);
      }
    };
  }
});
const _sfc_setup$r = _sfc_main$r.setup;
_sfc_main$r.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavBarSocialLinks.vue");
  return _sfc_setup$r ? _sfc_setup$r(props, ctx) : void 0;
};
const VPNavBarSocialLinks = /* @__PURE__ */ _export_sfc(_sfc_main$r, [["__scopeId", "data-v-bd3204f6"]]);
const _sfc_main$q = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavBarTitle",
  __ssrInlineRender: true,
  setup(__props) {
    const { site, theme: theme2 } = useData();
    const { hasSidebar } = useSidebar();
    const { currentLang } = useLangs();
    const link2 = runtimeDom_cjs_prod.computed(
      () => {
        var _a;
        return typeof theme2.value.logoLink === "string" ? theme2.value.logoLink : (_a = theme2.value.logoLink) == null ? void 0 : _a.link;
      }
    );
    const rel = runtimeDom_cjs_prod.computed(
      () => {
        var _a;
        return typeof theme2.value.logoLink === "string" ? void 0 : (_a = theme2.value.logoLink) == null ? void 0 : _a.rel;
      }
    );
    const target = runtimeDom_cjs_prod.computed(
      () => {
        var _a;
        return typeof theme2.value.logoLink === "string" ? void 0 : (_a = theme2.value.logoLink) == null ? void 0 : _a.target;
      }
    );
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
        class: ["VPNavBarTitle", { "has-sidebar": runtimeDom_cjs_prod.unref(hasSidebar) }]
      }, _attrs))} data-v-fadd4b47><a class="title"${ssrRenderAttr_1("href", link2.value ?? runtimeDom_cjs_prod.unref(normalizeLink$1)(runtimeDom_cjs_prod.unref(currentLang).link))}${ssrRenderAttr_1("rel", rel.value)}${ssrRenderAttr_1("target", target.value)} data-v-fadd4b47>`);
      ssrRenderSlot_1(_ctx.$slots, "nav-bar-title-before", {}, null, _push, _parent);
      if (runtimeDom_cjs_prod.unref(theme2).logo) {
        _push(ssrRenderComponent_1(VPImage, {
          class: "logo",
          image: runtimeDom_cjs_prod.unref(theme2).logo
        }, null, _parent));
      } else {
        _push(`<!---->`);
      }
      if (runtimeDom_cjs_prod.unref(theme2).siteTitle) {
        _push(`<span data-v-fadd4b47>${runtimeDom_cjs_prod.unref(theme2).siteTitle ?? ""}</span>`);
      } else if (runtimeDom_cjs_prod.unref(theme2).siteTitle === void 0) {
        _push(`<span data-v-fadd4b47>${ssrInterpolate_1(runtimeDom_cjs_prod.unref(site).title)}</span>`);
      } else {
        _push(`<!---->`);
      }
      ssrRenderSlot_1(_ctx.$slots, "nav-bar-title-after", {}, null, _push, _parent);
      _push(`</a></div>`);
    };
  }
});
const _sfc_setup$q = _sfc_main$q.setup;
_sfc_main$q.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavBarTitle.vue");
  return _sfc_setup$q ? _sfc_setup$q(props, ctx) : void 0;
};
const VPNavBarTitle = /* @__PURE__ */ _export_sfc(_sfc_main$q, [["__scopeId", "data-v-fadd4b47"]]);
const _sfc_main$p = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavBarTranslations",
  __ssrInlineRender: true,
  setup(__props) {
    const { theme: theme2 } = useData();
    const { localeLinks, currentLang } = useLangs({ correspondingLink: true });
    return (_ctx, _push, _parent, _attrs) => {
      if (runtimeDom_cjs_prod.unref(localeLinks).length && runtimeDom_cjs_prod.unref(currentLang).label) {
        _push(ssrRenderComponent_1(VPFlyout, runtimeDom_cjs_prod.mergeProps({
          class: "VPNavBarTranslations",
          icon: "vpi-languages",
          label: runtimeDom_cjs_prod.unref(theme2).langMenuLabel || "Change language"
        }, _attrs), {
          default: runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              _push2(`<div class="items" data-v-cec72008${_scopeId}><p class="title" data-v-cec72008${_scopeId}>${ssrInterpolate_1(runtimeDom_cjs_prod.unref(currentLang).label)}</p><!--[-->`);
              ssrRenderList_1(runtimeDom_cjs_prod.unref(localeLinks), (locale) => {
                _push2(ssrRenderComponent_1(VPMenuLink, { item: locale }, null, _parent2, _scopeId));
              });
              _push2(`<!--]--></div>`);
            } else {
              return [
                runtimeDom_cjs_prod.createVNode("div", { class: "items" }, [
                  runtimeDom_cjs_prod.createVNode("p", { class: "title" }, runtimeDom_cjs_prod.toDisplayString(runtimeDom_cjs_prod.unref(currentLang).label), 1),
                  (runtimeDom_cjs_prod.openBlock(true), runtimeDom_cjs_prod.createBlock(runtimeDom_cjs_prod.Fragment, null, runtimeDom_cjs_prod.renderList(runtimeDom_cjs_prod.unref(localeLinks), (locale) => {
                    return runtimeDom_cjs_prod.openBlock(), runtimeDom_cjs_prod.createBlock(VPMenuLink, {
                      key: locale.link,
                      item: locale
                    }, null, 8, ["item"]);
                  }), 128))
                ])
              ];
            }
          }),
          _: 1
        }, _parent));
      } else {
        _push(`<!---->`);
      }
    };
  }
});
const _sfc_setup$p = _sfc_main$p.setup;
_sfc_main$p.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavBarTranslations.vue");
  return _sfc_setup$p ? _sfc_setup$p(props, ctx) : void 0;
};
const VPNavBarTranslations = /* @__PURE__ */ _export_sfc(_sfc_main$p, [["__scopeId", "data-v-cec72008"]]);
const _sfc_main$o = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavBar",
  __ssrInlineRender: true,
  props: {
    isScreenOpen: { type: Boolean }
  },
  emits: ["toggle-screen"],
  setup(__props) {
    const props = __props;
    const { y } = useWindowScroll();
    const { hasSidebar } = useSidebar();
    const { frontmatter } = useData();
    const classes = runtimeDom_cjs_prod.ref({});
    runtimeDom_cjs_prod.watchPostEffect(() => {
      classes.value = {
        "has-sidebar": hasSidebar.value,
        "home": frontmatter.value.layout === "home",
        "top": y.value === 0,
        "screen-open": props.isScreenOpen
      };
    });
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
        class: ["VPNavBar", classes.value]
      }, _attrs))} data-v-304af55a><div class="wrapper" data-v-304af55a><div class="container" data-v-304af55a><div class="title" data-v-304af55a>`);
      _push(ssrRenderComponent_1(VPNavBarTitle, null, {
        "nav-bar-title-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
          if (_push2) {
            ssrRenderSlot_1(_ctx.$slots, "nav-bar-title-before", {}, null, _push2, _parent2, _scopeId);
          } else {
            return [
              runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "nav-bar-title-before", {}, void 0, true)
            ];
          }
        }),
        "nav-bar-title-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
          if (_push2) {
            ssrRenderSlot_1(_ctx.$slots, "nav-bar-title-after", {}, null, _push2, _parent2, _scopeId);
          } else {
            return [
              runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "nav-bar-title-after", {}, void 0, true)
            ];
          }
        }),
        _: 3
      }, _parent));
      _push(`</div><div class="content" data-v-304af55a><div class="content-body" data-v-304af55a>`);
      ssrRenderSlot_1(_ctx.$slots, "nav-bar-content-before", {}, null, _push, _parent);
      _push(ssrRenderComponent_1(_sfc_main$s, { class: "search" }, null, _parent));
      _push(ssrRenderComponent_1(VPNavBarMenu, { class: "menu" }, null, _parent));
      _push(ssrRenderComponent_1(VPNavBarTranslations, { class: "translations" }, null, _parent));
      _push(ssrRenderComponent_1(VPNavBarAppearance, { class: "appearance" }, null, _parent));
      _push(ssrRenderComponent_1(VPNavBarSocialLinks, { class: "social-links" }, null, _parent));
      _push(ssrRenderComponent_1(VPNavBarExtra, { class: "extra" }, null, _parent));
      ssrRenderSlot_1(_ctx.$slots, "nav-bar-content-after", {}, null, _push, _parent);
      _push(ssrRenderComponent_1(VPNavBarHamburger, {
        class: "hamburger",
        active: __props.isScreenOpen,
        onClick: ($event) => _ctx.$emit("toggle-screen")
      }, null, _parent));
      _push(`</div></div></div></div><div class="divider" data-v-304af55a><div class="divider-line" data-v-304af55a></div></div></div>`);
    };
  }
});
const _sfc_setup$o = _sfc_main$o.setup;
_sfc_main$o.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavBar.vue");
  return _sfc_setup$o ? _sfc_setup$o(props, ctx) : void 0;
};
const VPNavBar = /* @__PURE__ */ _export_sfc(_sfc_main$o, [["__scopeId", "data-v-304af55a"]]);
const _sfc_main$n = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavScreenAppearance",
  __ssrInlineRender: true,
  setup(__props) {
    const { site, theme: theme2 } = useData();
    return (_ctx, _push, _parent, _attrs) => {
      if (runtimeDom_cjs_prod.unref(site).appearance && runtimeDom_cjs_prod.unref(site).appearance !== "force-dark" && runtimeDom_cjs_prod.unref(site).appearance !== "force-auto") {
        _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "VPNavScreenAppearance" }, _attrs))} data-v-7e9a31da><p class="text" data-v-7e9a31da>${ssrInterpolate_1(runtimeDom_cjs_prod.unref(theme2).darkModeSwitchLabel || "Appearance")}</p>`);
        _push(ssrRenderComponent_1(VPSwitchAppearance, null, null, _parent));
        _push(`</div>`);
      } else {
        _push(`<!---->`);
      }
    };
  }
});
const _sfc_setup$n = _sfc_main$n.setup;
_sfc_main$n.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavScreenAppearance.vue");
  return _sfc_setup$n ? _sfc_setup$n(props, ctx) : void 0;
};
const VPNavScreenAppearance = /* @__PURE__ */ _export_sfc(_sfc_main$n, [["__scopeId", "data-v-7e9a31da"]]);
const _sfc_main$m = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavScreenMenuLink",
  __ssrInlineRender: true,
  props: {
    item: {}
  },
  setup(__props) {
    const closeScreen = runtimeDom_cjs_prod.inject("close-screen");
    return (_ctx, _push, _parent, _attrs) => {
      _push(ssrRenderComponent_1(_sfc_main$Z, runtimeDom_cjs_prod.mergeProps({
        class: "VPNavScreenMenuLink",
        href: __props.item.link,
        target: __props.item.target,
        rel: __props.item.rel,
        "no-icon": __props.item.noIcon,
        onClick: runtimeDom_cjs_prod.unref(closeScreen)
      }, _attrs), {
        default: runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
          if (_push2) {
            _push2(`<span data-v-e44b02c5${_scopeId}>${__props.item.text ?? ""}</span>`);
          } else {
            return [
              runtimeDom_cjs_prod.createVNode("span", {
                innerHTML: __props.item.text
              }, null, 8, ["innerHTML"])
            ];
          }
        }),
        _: 1
      }, _parent));
    };
  }
});
const _sfc_setup$m = _sfc_main$m.setup;
_sfc_main$m.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavScreenMenuLink.vue");
  return _sfc_setup$m ? _sfc_setup$m(props, ctx) : void 0;
};
const VPNavScreenMenuLink = /* @__PURE__ */ _export_sfc(_sfc_main$m, [["__scopeId", "data-v-e44b02c5"]]);
const _sfc_main$l = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavScreenMenuGroupLink",
  __ssrInlineRender: true,
  props: {
    item: {}
  },
  setup(__props) {
    const closeScreen = runtimeDom_cjs_prod.inject("close-screen");
    return (_ctx, _push, _parent, _attrs) => {
      _push(ssrRenderComponent_1(_sfc_main$Z, runtimeDom_cjs_prod.mergeProps({
        class: "VPNavScreenMenuGroupLink",
        href: __props.item.link,
        target: __props.item.target,
        rel: __props.item.rel,
        "no-icon": __props.item.noIcon,
        onClick: runtimeDom_cjs_prod.unref(closeScreen)
      }, _attrs), {
        default: runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
          if (_push2) {
            _push2(`<span data-v-fc948e85${_scopeId}>${__props.item.text ?? ""}</span>`);
          } else {
            return [
              runtimeDom_cjs_prod.createVNode("span", {
                innerHTML: __props.item.text
              }, null, 8, ["innerHTML"])
            ];
          }
        }),
        _: 1
      }, _parent));
    };
  }
});
const _sfc_setup$l = _sfc_main$l.setup;
_sfc_main$l.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavScreenMenuGroupLink.vue");
  return _sfc_setup$l ? _sfc_setup$l(props, ctx) : void 0;
};
const VPNavScreenMenuGroupLink = /* @__PURE__ */ _export_sfc(_sfc_main$l, [["__scopeId", "data-v-fc948e85"]]);
const _sfc_main$k = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavScreenMenuGroupSection",
  __ssrInlineRender: true,
  props: {
    text: {},
    items: {}
  },
  setup(__props) {
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "VPNavScreenMenuGroupSection" }, _attrs))} data-v-5190847a>`);
      if (__props.text) {
        _push(`<p class="title" data-v-5190847a>${ssrInterpolate_1(__props.text)}</p>`);
      } else {
        _push(`<!---->`);
      }
      _push(`<!--[-->`);
      ssrRenderList_1(__props.items, (item) => {
        _push(ssrRenderComponent_1(VPNavScreenMenuGroupLink, {
          key: item.text,
          item
        }, null, _parent));
      });
      _push(`<!--]--></div>`);
    };
  }
});
const _sfc_setup$k = _sfc_main$k.setup;
_sfc_main$k.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavScreenMenuGroupSection.vue");
  return _sfc_setup$k ? _sfc_setup$k(props, ctx) : void 0;
};
const VPNavScreenMenuGroupSection = /* @__PURE__ */ _export_sfc(_sfc_main$k, [["__scopeId", "data-v-5190847a"]]);
const _sfc_main$j = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavScreenMenuGroup",
  __ssrInlineRender: true,
  props: {
    text: {},
    items: {}
  },
  setup(__props) {
    const props = __props;
    const isOpen = runtimeDom_cjs_prod.ref(false);
    const groupId = runtimeDom_cjs_prod.computed(
      () => `NavScreenGroup-${props.text.replace(" ", "-").toLowerCase()}`
    );
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
        class: ["VPNavScreenMenuGroup", { open: isOpen.value }]
      }, _attrs))} data-v-7ee60c9a><button class="button"${ssrRenderAttr_1("aria-controls", groupId.value)}${ssrRenderAttr_1("aria-expanded", isOpen.value)} data-v-7ee60c9a><span class="button-text" data-v-7ee60c9a>${__props.text ?? ""}</span><span class="vpi-plus button-icon" data-v-7ee60c9a></span></button><div${ssrRenderAttr_1("id", groupId.value)} class="items" data-v-7ee60c9a><!--[-->`);
      ssrRenderList_1(__props.items, (item) => {
        _push(`<!--[-->`);
        if ("link" in item) {
          _push(`<div class="item" data-v-7ee60c9a>`);
          _push(ssrRenderComponent_1(VPNavScreenMenuGroupLink, { item }, null, _parent));
          _push(`</div>`);
        } else if ("component" in item) {
          _push(`<div class="item" data-v-7ee60c9a>`);
          ssrRenderVNode(_push, runtimeDom_cjs_prod.createVNode(runtimeDom_cjs_prod.resolveDynamicComponent(item.component), runtimeDom_cjs_prod.mergeProps({ ref_for: true }, item.props, { "screen-menu": "" }), null), _parent);
          _push(`</div>`);
        } else {
          _push(`<div class="group" data-v-7ee60c9a>`);
          _push(ssrRenderComponent_1(VPNavScreenMenuGroupSection, {
            text: item.text,
            items: item.items
          }, null, _parent));
          _push(`</div>`);
        }
        _push(`<!--]-->`);
      });
      _push(`<!--]--></div></div>`);
    };
  }
});
const _sfc_setup$j = _sfc_main$j.setup;
_sfc_main$j.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavScreenMenuGroup.vue");
  return _sfc_setup$j ? _sfc_setup$j(props, ctx) : void 0;
};
const VPNavScreenMenuGroup = /* @__PURE__ */ _export_sfc(_sfc_main$j, [["__scopeId", "data-v-7ee60c9a"]]);
const _sfc_main$i = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavScreenMenu",
  __ssrInlineRender: true,
  setup(__props) {
    const { theme: theme2 } = useData();
    return (_ctx, _push, _parent, _attrs) => {
      if (runtimeDom_cjs_prod.unref(theme2).nav) {
        _push(`<nav${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "VPNavScreenMenu" }, _attrs))}><!--[-->`);
        ssrRenderList_1(runtimeDom_cjs_prod.unref(theme2).nav, (item) => {
          _push(`<!--[-->`);
          if ("link" in item) {
            _push(ssrRenderComponent_1(VPNavScreenMenuLink, { item }, null, _parent));
          } else if ("component" in item) {
            ssrRenderVNode(_push, runtimeDom_cjs_prod.createVNode(runtimeDom_cjs_prod.resolveDynamicComponent(item.component), runtimeDom_cjs_prod.mergeProps({ ref_for: true }, item.props, { "screen-menu": "" }), null), _parent);
          } else {
            _push(ssrRenderComponent_1(VPNavScreenMenuGroup, {
              text: item.text || "",
              items: item.items
            }, null, _parent));
          }
          _push(`<!--]-->`);
        });
        _push(`<!--]--></nav>`);
      } else {
        _push(`<!---->`);
      }
    };
  }
});
const _sfc_setup$i = _sfc_main$i.setup;
_sfc_main$i.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavScreenMenu.vue");
  return _sfc_setup$i ? _sfc_setup$i(props, ctx) : void 0;
};
const _sfc_main$h = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavScreenSocialLinks",
  __ssrInlineRender: true,
  setup(__props) {
    const { theme: theme2 } = useData();
    return (_ctx, _push, _parent, _attrs) => {
      if (runtimeDom_cjs_prod.unref(theme2).socialLinks) {
        _push(ssrRenderComponent_1(VPSocialLinks, runtimeDom_cjs_prod.mergeProps({
          class: "VPNavScreenSocialLinks",
          links: runtimeDom_cjs_prod.unref(theme2).socialLinks
        }, _attrs), null, _parent));
      } else {
        _push(`<!---->`);
      }
    };
  }
});
const _sfc_setup$h = _sfc_main$h.setup;
_sfc_main$h.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavScreenSocialLinks.vue");
  return _sfc_setup$h ? _sfc_setup$h(props, ctx) : void 0;
};
const _sfc_main$g = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavScreenTranslations",
  __ssrInlineRender: true,
  setup(__props) {
    const { localeLinks, currentLang } = useLangs({ correspondingLink: true });
    const isOpen = runtimeDom_cjs_prod.ref(false);
    return (_ctx, _push, _parent, _attrs) => {
      if (runtimeDom_cjs_prod.unref(localeLinks).length && runtimeDom_cjs_prod.unref(currentLang).label) {
        _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
          class: ["VPNavScreenTranslations", { open: isOpen.value }]
        }, _attrs))} data-v-fbd987fa><button class="title" data-v-fbd987fa><span class="vpi-languages icon lang" data-v-fbd987fa></span> ${ssrInterpolate_1(runtimeDom_cjs_prod.unref(currentLang).label)} <span class="vpi-chevron-down icon chevron" data-v-fbd987fa></span></button><ul class="list" data-v-fbd987fa><!--[-->`);
        ssrRenderList_1(runtimeDom_cjs_prod.unref(localeLinks), (locale) => {
          _push(`<li class="item" data-v-fbd987fa>`);
          _push(ssrRenderComponent_1(_sfc_main$Z, {
            class: "link",
            href: locale.link
          }, {
            default: runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
              if (_push2) {
                _push2(`${ssrInterpolate_1(locale.text)}`);
              } else {
                return [
                  runtimeDom_cjs_prod.createTextVNode(runtimeDom_cjs_prod.toDisplayString(locale.text), 1)
                ];
              }
            }),
            _: 2
          }, _parent));
          _push(`</li>`);
        });
        _push(`<!--]--></ul></div>`);
      } else {
        _push(`<!---->`);
      }
    };
  }
});
const _sfc_setup$g = _sfc_main$g.setup;
_sfc_main$g.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavScreenTranslations.vue");
  return _sfc_setup$g ? _sfc_setup$g(props, ctx) : void 0;
};
const VPNavScreenTranslations = /* @__PURE__ */ _export_sfc(_sfc_main$g, [["__scopeId", "data-v-fbd987fa"]]);
const _sfc_main$f = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNavScreen",
  __ssrInlineRender: true,
  props: {
    open: { type: Boolean }
  },
  setup(__props) {
    const screen = runtimeDom_cjs_prod.ref(null);
    useScrollLock(inBrowser ? document.body : null);
    return (_ctx, _push, _parent, _attrs) => {
      if (__props.open) {
        _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
          class: "VPNavScreen",
          ref_key: "screen",
          ref: screen,
          id: "VPNavScreen"
        }, _attrs))} data-v-2529b7af><div class="container" data-v-2529b7af>`);
        ssrRenderSlot_1(_ctx.$slots, "nav-screen-content-before", {}, null, _push, _parent);
        _push(ssrRenderComponent_1(_sfc_main$i, { class: "menu" }, null, _parent));
        _push(ssrRenderComponent_1(VPNavScreenTranslations, { class: "translations" }, null, _parent));
        _push(ssrRenderComponent_1(VPNavScreenAppearance, { class: "appearance" }, null, _parent));
        _push(ssrRenderComponent_1(_sfc_main$h, { class: "social-links" }, null, _parent));
        ssrRenderSlot_1(_ctx.$slots, "nav-screen-content-after", {}, null, _push, _parent);
        _push(`</div></div>`);
      } else {
        _push(`<!---->`);
      }
    };
  }
});
const _sfc_setup$f = _sfc_main$f.setup;
_sfc_main$f.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNavScreen.vue");
  return _sfc_setup$f ? _sfc_setup$f(props, ctx) : void 0;
};
const VPNavScreen = /* @__PURE__ */ _export_sfc(_sfc_main$f, [["__scopeId", "data-v-2529b7af"]]);
const _sfc_main$e = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPNav",
  __ssrInlineRender: true,
  setup(__props) {
    const { isScreenOpen, closeScreen, toggleScreen } = useNav();
    const { frontmatter } = useData();
    const hasNavbar = runtimeDom_cjs_prod.computed(() => {
      return frontmatter.value.navbar !== false;
    });
    runtimeDom_cjs_prod.provide("close-screen", closeScreen);
    runtimeDom_cjs_prod.watchEffect(() => {
      if (inBrowser) {
        document.documentElement.classList.toggle("hide-nav", !hasNavbar.value);
      }
    });
    return (_ctx, _push, _parent, _attrs) => {
      if (hasNavbar.value) {
        _push(`<header${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "VPNav" }, _attrs))} data-v-93f505f0>`);
        _push(ssrRenderComponent_1(VPNavBar, {
          "is-screen-open": runtimeDom_cjs_prod.unref(isScreenOpen),
          onToggleScreen: runtimeDom_cjs_prod.unref(toggleScreen)
        }, {
          "nav-bar-title-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "nav-bar-title-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "nav-bar-title-before", {}, void 0, true)
              ];
            }
          }),
          "nav-bar-title-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "nav-bar-title-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "nav-bar-title-after", {}, void 0, true)
              ];
            }
          }),
          "nav-bar-content-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "nav-bar-content-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "nav-bar-content-before", {}, void 0, true)
              ];
            }
          }),
          "nav-bar-content-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "nav-bar-content-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "nav-bar-content-after", {}, void 0, true)
              ];
            }
          }),
          _: 3
        }, _parent));
        _push(ssrRenderComponent_1(VPNavScreen, { open: runtimeDom_cjs_prod.unref(isScreenOpen) }, {
          "nav-screen-content-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "nav-screen-content-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "nav-screen-content-before", {}, void 0, true)
              ];
            }
          }),
          "nav-screen-content-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "nav-screen-content-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "nav-screen-content-after", {}, void 0, true)
              ];
            }
          }),
          _: 3
        }, _parent));
        _push(`</header>`);
      } else {
        _push(`<!---->`);
      }
    };
  }
});
const _sfc_setup$e = _sfc_main$e.setup;
_sfc_main$e.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPNav.vue");
  return _sfc_setup$e ? _sfc_setup$e(props, ctx) : void 0;
};
const VPNav = /* @__PURE__ */ _export_sfc(_sfc_main$e, [["__scopeId", "data-v-93f505f0"]]);
const _sfc_main$d = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPSidebarItem",
  __ssrInlineRender: true,
  props: {
    item: {},
    depth: {}
  },
  setup(__props) {
    const props = __props;
    const {
      collapsed,
      collapsible,
      isLink,
      isActiveLink,
      hasActiveLink: hasActiveLink2,
      hasChildren,
      toggle
    } = useSidebarControl(runtimeDom_cjs_prod.computed(() => props.item));
    const sectionTag = runtimeDom_cjs_prod.computed(() => hasChildren.value ? "section" : `div`);
    const linkTag = runtimeDom_cjs_prod.computed(() => isLink.value ? "a" : "div");
    const textTag = runtimeDom_cjs_prod.computed(() => {
      return !hasChildren.value ? "p" : props.depth + 2 === 7 ? "p" : `h${props.depth + 2}`;
    });
    const itemRole = runtimeDom_cjs_prod.computed(() => isLink.value ? void 0 : "button");
    const classes = runtimeDom_cjs_prod.computed(() => [
      [`level-${props.depth}`],
      { collapsible: collapsible.value },
      { collapsed: collapsed.value },
      { "is-link": isLink.value },
      { "is-active": isActiveLink.value },
      { "has-active": hasActiveLink2.value }
    ]);
    function onItemInteraction(e) {
      if ("key" in e && e.key !== "Enter") {
        return;
      }
      !props.item.link && toggle();
    }
    function onCaretClick() {
      props.item.link && toggle();
    }
    return (_ctx, _push, _parent, _attrs) => {
      const _component_VPSidebarItem = runtimeDom_cjs_prod.resolveComponent("VPSidebarItem", true);
      ssrRenderVNode(_push, runtimeDom_cjs_prod.createVNode(runtimeDom_cjs_prod.resolveDynamicComponent(sectionTag.value), runtimeDom_cjs_prod.mergeProps({
        class: ["VPSidebarItem", classes.value]
      }, _attrs), {
        default: runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
          if (_push2) {
            if (__props.item.text) {
              _push2(`<div class="item"${ssrRenderAttr_1("role", itemRole.value)}${ssrRenderAttr_1("tabindex", __props.item.items && 0)} data-v-464c7638${_scopeId}><div class="indicator" data-v-464c7638${_scopeId}></div>`);
              if (__props.item.link) {
                _push2(ssrRenderComponent_1(_sfc_main$Z, {
                  tag: linkTag.value,
                  class: "link",
                  href: __props.item.link,
                  rel: __props.item.rel,
                  target: __props.item.target
                }, {
                  default: runtimeDom_cjs_prod.withCtx((_2, _push3, _parent3, _scopeId2) => {
                    if (_push3) {
                      ssrRenderVNode(_push3, runtimeDom_cjs_prod.createVNode(runtimeDom_cjs_prod.resolveDynamicComponent(textTag.value), { class: "text" }, null), _parent3, _scopeId2);
                    } else {
                      return [
                        (runtimeDom_cjs_prod.openBlock(), runtimeDom_cjs_prod.createBlock(runtimeDom_cjs_prod.resolveDynamicComponent(textTag.value), {
                          class: "text",
                          innerHTML: __props.item.text
                        }, null, 8, ["innerHTML"]))
                      ];
                    }
                  }),
                  _: 1
                }, _parent2, _scopeId));
              } else {
                ssrRenderVNode(_push2, runtimeDom_cjs_prod.createVNode(runtimeDom_cjs_prod.resolveDynamicComponent(textTag.value), { class: "text" }, null), _parent2, _scopeId);
              }
              if (__props.item.collapsed != null && __props.item.items && __props.item.items.length) {
                _push2(`<div class="caret" role="button" aria-label="toggle section" tabindex="0" data-v-464c7638${_scopeId}><span class="vpi-chevron-right caret-icon" data-v-464c7638${_scopeId}></span></div>`);
              } else {
                _push2(`<!---->`);
              }
              _push2(`</div>`);
            } else {
              _push2(`<!---->`);
            }
            if (__props.item.items && __props.item.items.length) {
              _push2(`<div class="items" data-v-464c7638${_scopeId}>`);
              if (__props.depth < 5) {
                _push2(`<!--[-->`);
                ssrRenderList_1(__props.item.items, (i) => {
                  _push2(ssrRenderComponent_1(_component_VPSidebarItem, {
                    key: i.text,
                    item: i,
                    depth: __props.depth + 1
                  }, null, _parent2, _scopeId));
                });
                _push2(`<!--]-->`);
              } else {
                _push2(`<!---->`);
              }
              _push2(`</div>`);
            } else {
              _push2(`<!---->`);
            }
          } else {
            return [
              __props.item.text ? (runtimeDom_cjs_prod.openBlock(), runtimeDom_cjs_prod.createBlock("div", runtimeDom_cjs_prod.mergeProps({
                key: 0,
                class: "item",
                role: itemRole.value
              }, runtimeDom_cjs_prod.toHandlers(
                __props.item.items ? { click: onItemInteraction, keydown: onItemInteraction } : {},
                true
              ), {
                tabindex: __props.item.items && 0
              }), [
                runtimeDom_cjs_prod.createVNode("div", { class: "indicator" }),
                __props.item.link ? (runtimeDom_cjs_prod.openBlock(), runtimeDom_cjs_prod.createBlock(_sfc_main$Z, {
                  key: 0,
                  tag: linkTag.value,
                  class: "link",
                  href: __props.item.link,
                  rel: __props.item.rel,
                  target: __props.item.target
                }, {
                  default: runtimeDom_cjs_prod.withCtx(() => [
                    (runtimeDom_cjs_prod.openBlock(), runtimeDom_cjs_prod.createBlock(runtimeDom_cjs_prod.resolveDynamicComponent(textTag.value), {
                      class: "text",
                      innerHTML: __props.item.text
                    }, null, 8, ["innerHTML"]))
                  ]),
                  _: 1
                }, 8, ["tag", "href", "rel", "target"])) : (runtimeDom_cjs_prod.openBlock(), runtimeDom_cjs_prod.createBlock(runtimeDom_cjs_prod.resolveDynamicComponent(textTag.value), {
                  key: 1,
                  class: "text",
                  innerHTML: __props.item.text
                }, null, 8, ["innerHTML"])),
                __props.item.collapsed != null && __props.item.items && __props.item.items.length ? (runtimeDom_cjs_prod.openBlock(), runtimeDom_cjs_prod.createBlock("div", {
                  key: 2,
                  class: "caret",
                  role: "button",
                  "aria-label": "toggle section",
                  onClick: onCaretClick,
                  onKeydown: runtimeDom_cjs_prod.withKeys(onCaretClick, ["enter"]),
                  tabindex: "0"
                }, [
                  runtimeDom_cjs_prod.createVNode("span", { class: "vpi-chevron-right caret-icon" })
                ], 32)) : runtimeDom_cjs_prod.createCommentVNode("", true)
              ], 16, ["role", "tabindex"])) : runtimeDom_cjs_prod.createCommentVNode("", true),
              __props.item.items && __props.item.items.length ? (runtimeDom_cjs_prod.openBlock(), runtimeDom_cjs_prod.createBlock("div", {
                key: 1,
                class: "items"
              }, [
                __props.depth < 5 ? (runtimeDom_cjs_prod.openBlock(true), runtimeDom_cjs_prod.createBlock(runtimeDom_cjs_prod.Fragment, { key: 0 }, runtimeDom_cjs_prod.renderList(__props.item.items, (i) => {
                  return runtimeDom_cjs_prod.openBlock(), runtimeDom_cjs_prod.createBlock(_component_VPSidebarItem, {
                    key: i.text,
                    item: i,
                    depth: __props.depth + 1
                  }, null, 8, ["item", "depth"]);
                }), 128)) : runtimeDom_cjs_prod.createCommentVNode("", true)
              ])) : runtimeDom_cjs_prod.createCommentVNode("", true)
            ];
          }
        }),
        _: 1
      }), _parent);
    };
  }
});
const _sfc_setup$d = _sfc_main$d.setup;
_sfc_main$d.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPSidebarItem.vue");
  return _sfc_setup$d ? _sfc_setup$d(props, ctx) : void 0;
};
const VPSidebarItem = /* @__PURE__ */ _export_sfc(_sfc_main$d, [["__scopeId", "data-v-464c7638"]]);
const _sfc_main$c = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPSidebarGroup",
  __ssrInlineRender: true,
  props: {
    items: {}
  },
  setup(__props) {
    const disableTransition = runtimeDom_cjs_prod.ref(true);
    let timer = null;
    runtimeDom_cjs_prod.onMounted(() => {
      timer = setTimeout(() => {
        timer = null;
        disableTransition.value = false;
      }, 300);
    });
    runtimeDom_cjs_prod.onBeforeUnmount(() => {
      if (timer != null) {
        clearTimeout(timer);
        timer = null;
      }
    });
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<!--[-->`);
      ssrRenderList_1(__props.items, (item) => {
        _push(`<div class="${ssrRenderClass_1([{ "no-transition": disableTransition.value }, "group"])}" data-v-b32b297c>`);
        _push(ssrRenderComponent_1(VPSidebarItem, {
          item,
          depth: 0
        }, null, _parent));
        _push(`</div>`);
      });
      _push(`<!--]-->`);
    };
  }
});
const _sfc_setup$c = _sfc_main$c.setup;
_sfc_main$c.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPSidebarGroup.vue");
  return _sfc_setup$c ? _sfc_setup$c(props, ctx) : void 0;
};
const VPSidebarGroup = /* @__PURE__ */ _export_sfc(_sfc_main$c, [["__scopeId", "data-v-b32b297c"]]);
const _sfc_main$b = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPSidebar",
  __ssrInlineRender: true,
  props: {
    open: { type: Boolean }
  },
  setup(__props) {
    const { sidebarGroups, hasSidebar } = useSidebar();
    const props = __props;
    const navEl = runtimeDom_cjs_prod.ref(null);
    const isLocked = useScrollLock(inBrowser ? document.body : null);
    runtimeDom_cjs_prod.watch(
      [props, navEl],
      () => {
        var _a;
        if (props.open) {
          isLocked.value = true;
          (_a = navEl.value) == null ? void 0 : _a.focus();
        } else isLocked.value = false;
      },
      { immediate: true, flush: "post" }
    );
    const key = runtimeDom_cjs_prod.ref(0);
    runtimeDom_cjs_prod.watch(
      sidebarGroups,
      () => {
        key.value += 1;
      },
      { deep: true }
    );
    return (_ctx, _push, _parent, _attrs) => {
      if (runtimeDom_cjs_prod.unref(hasSidebar)) {
        _push(`<aside${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
          class: ["VPSidebar", { open: __props.open }],
          ref_key: "navEl",
          ref: navEl
        }, _attrs))} data-v-a2147536><div class="curtain" data-v-a2147536></div><nav class="nav" id="VPSidebarNav" aria-labelledby="sidebar-aria-label" tabindex="-1" data-v-a2147536><span class="visually-hidden" id="sidebar-aria-label" data-v-a2147536> Sidebar Navigation </span>`);
        ssrRenderSlot_1(_ctx.$slots, "sidebar-nav-before", {}, null, _push, _parent);
        _push(ssrRenderComponent_1(VPSidebarGroup, {
          items: runtimeDom_cjs_prod.unref(sidebarGroups),
          key: key.value
        }, null, _parent));
        ssrRenderSlot_1(_ctx.$slots, "sidebar-nav-after", {}, null, _push, _parent);
        _push(`</nav></aside>`);
      } else {
        _push(`<!---->`);
      }
    };
  }
});
const _sfc_setup$b = _sfc_main$b.setup;
_sfc_main$b.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPSidebar.vue");
  return _sfc_setup$b ? _sfc_setup$b(props, ctx) : void 0;
};
const VPSidebar = /* @__PURE__ */ _export_sfc(_sfc_main$b, [["__scopeId", "data-v-a2147536"]]);
const _sfc_main$a = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPSkipLink",
  __ssrInlineRender: true,
  setup(__props) {
    const { theme: theme2 } = useData();
    const route = useRoute();
    const backToTop = runtimeDom_cjs_prod.ref();
    runtimeDom_cjs_prod.watch(() => route.path, () => backToTop.value.focus());
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<!--[--><span tabindex="-1" data-v-c2ebe7b6></span><a href="#VPContent" class="VPSkipLink visually-hidden" data-v-c2ebe7b6>${ssrInterpolate_1(runtimeDom_cjs_prod.unref(theme2).skipToContentLabel || "Skip to content")}</a><!--]-->`);
    };
  }
});
const _sfc_setup$a = _sfc_main$a.setup;
_sfc_main$a.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPSkipLink.vue");
  return _sfc_setup$a ? _sfc_setup$a(props, ctx) : void 0;
};
const VPSkipLink = /* @__PURE__ */ _export_sfc(_sfc_main$a, [["__scopeId", "data-v-c2ebe7b6"]]);
const _sfc_main$9 = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "Layout",
  __ssrInlineRender: true,
  setup(__props) {
    const {
      isOpen: isSidebarOpen,
      open: openSidebar,
      close: closeSidebar
    } = useSidebar();
    const route = useRoute();
    runtimeDom_cjs_prod.watch(() => route.path, closeSidebar);
    useCloseSidebarOnEscape(isSidebarOpen, closeSidebar);
    const { frontmatter } = useData();
    const slots = runtimeDom_cjs_prod.useSlots();
    const heroImageSlotExists = runtimeDom_cjs_prod.computed(() => !!slots["home-hero-image"]);
    runtimeDom_cjs_prod.provide("hero-image-slot-exists", heroImageSlotExists);
    return (_ctx, _push, _parent, _attrs) => {
      const _component_Content = runtimeDom_cjs_prod.resolveComponent("Content");
      if (runtimeDom_cjs_prod.unref(frontmatter).layout !== false) {
        _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
          class: ["Layout", runtimeDom_cjs_prod.unref(frontmatter).pageClass]
        }, _attrs))} data-v-d23c08ed>`);
        ssrRenderSlot_1(_ctx.$slots, "layout-top", {}, null, _push, _parent);
        _push(ssrRenderComponent_1(VPSkipLink, null, null, _parent));
        _push(ssrRenderComponent_1(VPBackdrop, {
          class: "backdrop",
          show: runtimeDom_cjs_prod.unref(isSidebarOpen),
          onClick: runtimeDom_cjs_prod.unref(closeSidebar)
        }, null, _parent));
        _push(ssrRenderComponent_1(VPNav, null, {
          "nav-bar-title-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "nav-bar-title-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "nav-bar-title-before", {}, void 0, true)
              ];
            }
          }),
          "nav-bar-title-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "nav-bar-title-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "nav-bar-title-after", {}, void 0, true)
              ];
            }
          }),
          "nav-bar-content-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "nav-bar-content-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "nav-bar-content-before", {}, void 0, true)
              ];
            }
          }),
          "nav-bar-content-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "nav-bar-content-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "nav-bar-content-after", {}, void 0, true)
              ];
            }
          }),
          "nav-screen-content-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "nav-screen-content-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "nav-screen-content-before", {}, void 0, true)
              ];
            }
          }),
          "nav-screen-content-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "nav-screen-content-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "nav-screen-content-after", {}, void 0, true)
              ];
            }
          }),
          _: 3
        }, _parent));
        _push(ssrRenderComponent_1(VPLocalNav, {
          open: runtimeDom_cjs_prod.unref(isSidebarOpen),
          onOpenMenu: runtimeDom_cjs_prod.unref(openSidebar)
        }, null, _parent));
        _push(ssrRenderComponent_1(VPSidebar, { open: runtimeDom_cjs_prod.unref(isSidebarOpen) }, {
          "sidebar-nav-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "sidebar-nav-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "sidebar-nav-before", {}, void 0, true)
              ];
            }
          }),
          "sidebar-nav-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "sidebar-nav-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "sidebar-nav-after", {}, void 0, true)
              ];
            }
          }),
          _: 3
        }, _parent));
        _push(ssrRenderComponent_1(VPContent, null, {
          "page-top": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "page-top", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "page-top", {}, void 0, true)
              ];
            }
          }),
          "page-bottom": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "page-bottom", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "page-bottom", {}, void 0, true)
              ];
            }
          }),
          "not-found": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "not-found", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "not-found", {}, void 0, true)
              ];
            }
          }),
          "home-hero-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-hero-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-before", {}, void 0, true)
              ];
            }
          }),
          "home-hero-info-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-hero-info-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-info-before", {}, void 0, true)
              ];
            }
          }),
          "home-hero-info": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-hero-info", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-info", {}, void 0, true)
              ];
            }
          }),
          "home-hero-info-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-hero-info-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-info-after", {}, void 0, true)
              ];
            }
          }),
          "home-hero-actions-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-hero-actions-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-actions-after", {}, void 0, true)
              ];
            }
          }),
          "home-hero-image": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-hero-image", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-image", {}, void 0, true)
              ];
            }
          }),
          "home-hero-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-hero-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-hero-after", {}, void 0, true)
              ];
            }
          }),
          "home-features-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-features-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-features-before", {}, void 0, true)
              ];
            }
          }),
          "home-features-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "home-features-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "home-features-after", {}, void 0, true)
              ];
            }
          }),
          "doc-footer-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "doc-footer-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "doc-footer-before", {}, void 0, true)
              ];
            }
          }),
          "doc-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "doc-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "doc-before", {}, void 0, true)
              ];
            }
          }),
          "doc-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "doc-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "doc-after", {}, void 0, true)
              ];
            }
          }),
          "doc-top": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "doc-top", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "doc-top", {}, void 0, true)
              ];
            }
          }),
          "doc-bottom": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "doc-bottom", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "doc-bottom", {}, void 0, true)
              ];
            }
          }),
          "aside-top": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "aside-top", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "aside-top", {}, void 0, true)
              ];
            }
          }),
          "aside-bottom": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "aside-bottom", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "aside-bottom", {}, void 0, true)
              ];
            }
          }),
          "aside-outline-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "aside-outline-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "aside-outline-before", {}, void 0, true)
              ];
            }
          }),
          "aside-outline-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "aside-outline-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "aside-outline-after", {}, void 0, true)
              ];
            }
          }),
          "aside-ads-before": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "aside-ads-before", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "aside-ads-before", {}, void 0, true)
              ];
            }
          }),
          "aside-ads-after": runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              ssrRenderSlot_1(_ctx.$slots, "aside-ads-after", {}, null, _push2, _parent2, _scopeId);
            } else {
              return [
                runtimeDom_cjs_prod.renderSlot(_ctx.$slots, "aside-ads-after", {}, void 0, true)
              ];
            }
          }),
          _: 3
        }, _parent));
        _push(ssrRenderComponent_1(VPFooter, null, null, _parent));
        ssrRenderSlot_1(_ctx.$slots, "layout-bottom", {}, null, _push, _parent);
        _push(`</div>`);
      } else {
        _push(ssrRenderComponent_1(_component_Content, _attrs, null, _parent));
      }
    };
  }
});
const _sfc_setup$9 = _sfc_main$9.setup;
_sfc_main$9.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/Layout.vue");
  return _sfc_setup$9 ? _sfc_setup$9(props, ctx) : void 0;
};
const Layout = /* @__PURE__ */ _export_sfc(_sfc_main$9, [["__scopeId", "data-v-d23c08ed"]]);
const GridSettings = {
  xmini: [[0, 2]],
  mini: [],
  small: [
    [920, 6],
    [768, 5],
    [640, 4],
    [480, 3],
    [0, 2]
  ],
  medium: [
    [960, 5],
    [832, 4],
    [640, 3],
    [480, 2]
  ],
  big: [
    [832, 3],
    [640, 2]
  ]
};
function useSponsorsGrid({ el, size = "medium" }) {
  const onResize = throttleAndDebounce(manage, 100);
  runtimeDom_cjs_prod.onMounted(() => {
    manage();
    window.addEventListener("resize", onResize);
  });
  runtimeDom_cjs_prod.onUnmounted(() => {
    window.removeEventListener("resize", onResize);
  });
  function manage() {
    adjustSlots(el.value, size);
  }
}
function adjustSlots(el, size) {
  const tsize = el.children.length;
  const asize = el.querySelectorAll(".vp-sponsor-grid-item:not(.empty)").length;
  const grid = setGrid(el, size, asize);
  manageSlots(el, grid, tsize, asize);
}
function setGrid(el, size, items) {
  const settings = GridSettings[size];
  const screen = window.innerWidth;
  let grid = 1;
  settings.some(([breakpoint, value]) => {
    if (screen >= breakpoint) {
      grid = items < value ? items : value;
      return true;
    }
  });
  setGridData(el, grid);
  return grid;
}
function setGridData(el, value) {
  el.dataset.vpGrid = String(value);
}
function manageSlots(el, grid, tsize, asize) {
  const diff = tsize - asize;
  const rem = asize % grid;
  const drem = rem === 0 ? rem : grid - rem;
  neutralizeSlots(el, drem - diff);
}
function neutralizeSlots(el, count) {
  if (count === 0) {
    return;
  }
  count > 0 ? addSlots(el, count) : removeSlots(el, count * -1);
}
function addSlots(el, count) {
  for (let i = 0; i < count; i++) {
    const slot = document.createElement("div");
    slot.classList.add("vp-sponsor-grid-item", "empty");
    el.append(slot);
  }
}
function removeSlots(el, count) {
  for (let i = 0; i < count; i++) {
    el.removeChild(el.lastElementChild);
  }
}
const _sfc_main$8 = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPSponsorsGrid",
  __ssrInlineRender: true,
  props: {
    size: { default: "medium" },
    data: {}
  },
  setup(__props) {
    const props = __props;
    const el = runtimeDom_cjs_prod.ref(null);
    useSponsorsGrid({ el, size: props.size });
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
        class: ["VPSponsorsGrid vp-sponsor-grid", [__props.size]],
        ref_key: "el",
        ref: el
      }, _attrs))}><!--[-->`);
      ssrRenderList_1(__props.data, (sponsor) => {
        _push(`<div class="vp-sponsor-grid-item"><a class="vp-sponsor-grid-link"${ssrRenderAttr_1("href", sponsor.url)} target="_blank" rel="sponsored noopener"><article class="vp-sponsor-grid-box"><h4 class="visually-hidden">${ssrInterpolate_1(sponsor.name)}</h4><img class="vp-sponsor-grid-image"${ssrRenderAttr_1("src", sponsor.img)}${ssrRenderAttr_1("alt", sponsor.name)}></article></a></div>`);
      });
      _push(`<!--]--></div>`);
    };
  }
});
const _sfc_setup$8 = _sfc_main$8.setup;
_sfc_main$8.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPSponsorsGrid.vue");
  return _sfc_setup$8 ? _sfc_setup$8(props, ctx) : void 0;
};
const _sfc_main$7 = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPSponsors",
  __ssrInlineRender: true,
  props: {
    mode: { default: "normal" },
    tier: {},
    size: {},
    data: {}
  },
  setup(__props) {
    const props = __props;
    const sponsors = runtimeDom_cjs_prod.computed(() => {
      const isSponsors = props.data.some((s) => {
        return "items" in s;
      });
      if (isSponsors) {
        return props.data;
      }
      return [
        { tier: props.tier, size: props.size, items: props.data }
      ];
    });
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
        class: ["VPSponsors vp-sponsor", [__props.mode]]
      }, _attrs))}><!--[-->`);
      ssrRenderList_1(sponsors.value, (sponsor, index) => {
        _push(`<section class="vp-sponsor-section">`);
        if (sponsor.tier) {
          _push(`<h3 class="vp-sponsor-tier">${ssrInterpolate_1(sponsor.tier)}</h3>`);
        } else {
          _push(`<!---->`);
        }
        _push(ssrRenderComponent_1(_sfc_main$8, {
          size: sponsor.size,
          data: sponsor.items
        }, null, _parent));
        _push(`</section>`);
      });
      _push(`<!--]--></div>`);
    };
  }
});
const _sfc_setup$7 = _sfc_main$7.setup;
_sfc_main$7.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPSponsors.vue");
  return _sfc_setup$7 ? _sfc_setup$7(props, ctx) : void 0;
};
const _sfc_main$6 = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPDocAsideSponsors",
  __ssrInlineRender: true,
  props: {
    tier: {},
    size: {},
    data: {}
  },
  setup(__props) {
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "VPDocAsideSponsors" }, _attrs))}>`);
      _push(ssrRenderComponent_1(_sfc_main$7, {
        mode: "aside",
        tier: __props.tier,
        size: __props.size,
        data: __props.data
      }, null, _parent));
      _push(`</div>`);
    };
  }
});
const _sfc_setup$6 = _sfc_main$6.setup;
_sfc_main$6.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPDocAsideSponsors.vue");
  return _sfc_setup$6 ? _sfc_setup$6(props, ctx) : void 0;
};
const _sfc_main$5 = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPHomeSponsors",
  __ssrInlineRender: true,
  props: {
    message: {},
    actionText: { default: "Become a sponsor" },
    actionLink: {},
    data: {}
  },
  setup(__props) {
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<section${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({ class: "VPHomeSponsors" }, _attrs))} data-v-5cd56c61><div class="container" data-v-5cd56c61><div class="header" data-v-5cd56c61><div class="love" data-v-5cd56c61><span class="vpi-heart icon" data-v-5cd56c61></span></div>`);
      if (__props.message) {
        _push(`<h2 class="message" data-v-5cd56c61>${ssrInterpolate_1(__props.message)}</h2>`);
      } else {
        _push(`<!---->`);
      }
      _push(`</div><div class="sponsors" data-v-5cd56c61>`);
      _push(ssrRenderComponent_1(_sfc_main$7, { data: __props.data }, null, _parent));
      _push(`</div>`);
      if (__props.actionLink) {
        _push(`<div class="action" data-v-5cd56c61>`);
        _push(ssrRenderComponent_1(VPButton, {
          theme: "sponsor",
          text: __props.actionText,
          href: __props.actionLink
        }, null, _parent));
        _push(`</div>`);
      } else {
        _push(`<!---->`);
      }
      _push(`</div></section>`);
    };
  }
});
const _sfc_setup$5 = _sfc_main$5.setup;
_sfc_main$5.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPHomeSponsors.vue");
  return _sfc_setup$5 ? _sfc_setup$5(props, ctx) : void 0;
};
const _sfc_main$4 = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPTeamMembersItem",
  __ssrInlineRender: true,
  props: {
    size: { default: "medium" },
    member: {}
  },
  setup(__props) {
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<article${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
        class: ["VPTeamMembersItem", [__props.size]]
      }, _attrs))} data-v-44e25acf><div class="profile" data-v-44e25acf><figure class="avatar" data-v-44e25acf><img class="avatar-img"${ssrRenderAttr_1("src", __props.member.avatar)}${ssrRenderAttr_1("alt", __props.member.name)} data-v-44e25acf></figure><div class="data" data-v-44e25acf><h1 class="name" data-v-44e25acf>${ssrInterpolate_1(__props.member.name)}</h1>`);
      if (__props.member.title || __props.member.org) {
        _push(`<p class="affiliation" data-v-44e25acf>`);
        if (__props.member.title) {
          _push(`<span class="title" data-v-44e25acf>${ssrInterpolate_1(__props.member.title)}</span>`);
        } else {
          _push(`<!---->`);
        }
        if (__props.member.title && __props.member.org) {
          _push(`<span class="at" data-v-44e25acf> @ </span>`);
        } else {
          _push(`<!---->`);
        }
        if (__props.member.org) {
          _push(ssrRenderComponent_1(_sfc_main$Z, {
            class: ["org", { link: __props.member.orgLink }],
            href: __props.member.orgLink,
            "no-icon": ""
          }, {
            default: runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
              if (_push2) {
                _push2(`${ssrInterpolate_1(__props.member.org)}`);
              } else {
                return [
                  runtimeDom_cjs_prod.createTextVNode(runtimeDom_cjs_prod.toDisplayString(__props.member.org), 1)
                ];
              }
            }),
            _: 1
          }, _parent));
        } else {
          _push(`<!---->`);
        }
        _push(`</p>`);
      } else {
        _push(`<!---->`);
      }
      if (__props.member.desc) {
        _push(`<p class="desc" data-v-44e25acf>${__props.member.desc ?? ""}</p>`);
      } else {
        _push(`<!---->`);
      }
      if (__props.member.links) {
        _push(`<div class="links" data-v-44e25acf>`);
        _push(ssrRenderComponent_1(VPSocialLinks, {
          links: __props.member.links
        }, null, _parent));
        _push(`</div>`);
      } else {
        _push(`<!---->`);
      }
      _push(`</div></div>`);
      if (__props.member.sponsor) {
        _push(`<div class="sp" data-v-44e25acf>`);
        _push(ssrRenderComponent_1(_sfc_main$Z, {
          class: "sp-link",
          href: __props.member.sponsor,
          "no-icon": ""
        }, {
          default: runtimeDom_cjs_prod.withCtx((_, _push2, _parent2, _scopeId) => {
            if (_push2) {
              _push2(`<span class="vpi-heart sp-icon" data-v-44e25acf${_scopeId}></span> ${ssrInterpolate_1(__props.member.actionText || "Sponsor")}`);
            } else {
              return [
                runtimeDom_cjs_prod.createVNode("span", { class: "vpi-heart sp-icon" }),
                runtimeDom_cjs_prod.createTextVNode(" " + runtimeDom_cjs_prod.toDisplayString(__props.member.actionText || "Sponsor"), 1)
              ];
            }
          }),
          _: 1
        }, _parent));
        _push(`</div>`);
      } else {
        _push(`<!---->`);
      }
      _push(`</article>`);
    };
  }
});
const _sfc_setup$4 = _sfc_main$4.setup;
_sfc_main$4.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPTeamMembersItem.vue");
  return _sfc_setup$4 ? _sfc_setup$4(props, ctx) : void 0;
};
const VPTeamMembersItem = /* @__PURE__ */ _export_sfc(_sfc_main$4, [["__scopeId", "data-v-44e25acf"]]);
const _sfc_main$3 = /* @__PURE__ */ runtimeDom_cjs_prod.defineComponent({
  __name: "VPTeamMembers",
  __ssrInlineRender: true,
  props: {
    size: { default: "medium" },
    members: {}
  },
  setup(__props) {
    const props = __props;
    const classes = runtimeDom_cjs_prod.computed(() => [props.size, `count-${props.members.length}`]);
    return (_ctx, _push, _parent, _attrs) => {
      _push(`<div${ssrRenderAttrs_1(runtimeDom_cjs_prod.mergeProps({
        class: ["VPTeamMembers", classes.value]
      }, _attrs))} data-v-a76a41f2><div class="container" data-v-a76a41f2><!--[-->`);
      ssrRenderList_1(__props.members, (member) => {
        _push(`<div class="item" data-v-a76a41f2>`);
        _push(ssrRenderComponent_1(VPTeamMembersItem, {
          size: __props.size,
          member
        }, null, _parent));
        _push(`</div>`);
      });
      _push(`<!--]--></div></div>`);
    };
  }
});
const _sfc_setup$3 = _sfc_main$3.setup;
_sfc_main$3.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPTeamMembers.vue");
  return _sfc_setup$3 ? _sfc_setup$3(props, ctx) : void 0;
};
const _sfc_main$2 = {};
const _sfc_setup$2 = _sfc_main$2.setup;
_sfc_main$2.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPTeamPage.vue");
  return _sfc_setup$2 ? _sfc_setup$2(props, ctx) : void 0;
};
const _sfc_main$1 = {};
const _sfc_setup$1 = _sfc_main$1.setup;
_sfc_main$1.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPTeamPageSection.vue");
  return _sfc_setup$1 ? _sfc_setup$1(props, ctx) : void 0;
};
const _sfc_main = {};
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("node_modules/.pnpm/vitepress@1.6.4_@algolia+client-search@5.65.0_@types+node@20.19.43_lightningcss@1.33.0__2094f056ba183d51f01f0bd238ecba7c/node_modules/vitepress/dist/client/theme-default/components/VPTeamPageTitle.vue");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const theme = {
  Layout,
  enhanceApp: ({ app }) => {
    app.component("Badge", _sfc_main$14);
  }
};
const ClientOnly = runtimeDom_cjs_prod.defineComponent({
  setup(_, { slots }) {
    const show = runtimeDom_cjs_prod.ref(false);
    runtimeDom_cjs_prod.onMounted(() => {
      show.value = true;
    });
    return () => show.value && slots.default ? slots.default() : null;
  }
});
function useCodeGroups() {
  if (inBrowser) {
    window.addEventListener("click", (e) => {
      var _a;
      const el = e.target;
      if (el.matches(".vp-code-group input")) {
        const group = (_a = el.parentElement) == null ? void 0 : _a.parentElement;
        if (!group)
          return;
        const i = Array.from(group.querySelectorAll("input")).indexOf(el);
        if (i < 0)
          return;
        const blocks = group.querySelector(".blocks");
        if (!blocks)
          return;
        const current = Array.from(blocks.children).find((child) => child.classList.contains("active"));
        if (!current)
          return;
        const next = blocks.children[i];
        if (!next || current === next)
          return;
        current.classList.remove("active");
        next.classList.add("active");
        const label = group == null ? void 0 : group.querySelector(`label[for="${el.id}"]`);
        label == null ? void 0 : label.scrollIntoView({ block: "nearest" });
      }
    });
  }
}
function useCopyCode() {
  if (inBrowser) {
    const timeoutIdMap = /* @__PURE__ */ new WeakMap();
    window.addEventListener("click", (e) => {
      var _a;
      const el = e.target;
      if (el.matches('div[class*="language-"] > button.copy')) {
        const parent = el.parentElement;
        const sibling = (_a = el.nextElementSibling) == null ? void 0 : _a.nextElementSibling;
        if (!parent || !sibling) {
          return;
        }
        const isShell = /language-(shellscript|shell|bash|sh|zsh)/.test(parent.className);
        const ignoredNodes = [".vp-copy-ignore", ".diff.remove"];
        const clone = sibling.cloneNode(true);
        clone.querySelectorAll(ignoredNodes.join(",")).forEach((node) => node.remove());
        let text = clone.textContent || "";
        if (isShell) {
          text = text.replace(/^ *(\$|>) /gm, "").trim();
        }
        copyToClipboard(text).then(() => {
          el.classList.add("copied");
          clearTimeout(timeoutIdMap.get(el));
          const timeoutId = setTimeout(() => {
            el.classList.remove("copied");
            el.blur();
            timeoutIdMap.delete(el);
          }, 2e3);
          timeoutIdMap.set(el, timeoutId);
        });
      }
    });
  }
}
async function copyToClipboard(text) {
  try {
    return navigator.clipboard.writeText(text);
  } catch {
    const element = document.createElement("textarea");
    const previouslyFocusedElement = document.activeElement;
    element.value = text;
    element.setAttribute("readonly", "");
    element.style.contain = "strict";
    element.style.position = "absolute";
    element.style.left = "-9999px";
    element.style.fontSize = "12pt";
    const selection = document.getSelection();
    const originalRange = selection ? selection.rangeCount > 0 && selection.getRangeAt(0) : null;
    document.body.appendChild(element);
    element.select();
    element.selectionStart = 0;
    element.selectionEnd = text.length;
    document.execCommand("copy");
    document.body.removeChild(element);
    if (originalRange) {
      selection.removeAllRanges();
      selection.addRange(originalRange);
    }
    if (previouslyFocusedElement) {
      previouslyFocusedElement.focus();
    }
  }
}
function useUpdateHead(route, siteDataByRouteRef) {
  let isFirstUpdate = true;
  let managedHeadElements = [];
  const updateHeadTags = (newTags) => {
    if (isFirstUpdate) {
      isFirstUpdate = false;
      newTags.forEach((tag) => {
        const headEl = createHeadElement(tag);
        for (const el of document.head.children) {
          if (el.isEqualNode(headEl)) {
            managedHeadElements.push(el);
            return;
          }
        }
      });
      return;
    }
    const newElements = newTags.map(createHeadElement);
    managedHeadElements.forEach((oldEl, oldIndex) => {
      const matchedIndex = newElements.findIndex((newEl) => newEl == null ? void 0 : newEl.isEqualNode(oldEl ?? null));
      if (matchedIndex !== -1) {
        delete newElements[matchedIndex];
      } else {
        oldEl == null ? void 0 : oldEl.remove();
        delete managedHeadElements[oldIndex];
      }
    });
    newElements.forEach((el) => el && document.head.appendChild(el));
    managedHeadElements = [...managedHeadElements, ...newElements].filter(Boolean);
  };
  runtimeDom_cjs_prod.watchEffect(() => {
    const pageData = route.data;
    const siteData2 = siteDataByRouteRef.value;
    const pageDescription = pageData && pageData.description;
    const frontmatterHead = pageData && pageData.frontmatter.head || [];
    const title = createTitle(siteData2, pageData);
    if (title !== document.title) {
      document.title = title;
    }
    const description = pageDescription || siteData2.description;
    let metaDescriptionElement = document.querySelector(`meta[name=description]`);
    if (metaDescriptionElement) {
      if (metaDescriptionElement.getAttribute("content") !== description) {
        metaDescriptionElement.setAttribute("content", description);
      }
    } else {
      createHeadElement(["meta", { name: "description", content: description }]);
    }
    updateHeadTags(mergeHead(siteData2.head, filterOutHeadDescription(frontmatterHead)));
  });
}
function createHeadElement([tag, attrs, innerHTML]) {
  const el = document.createElement(tag);
  for (const key in attrs) {
    el.setAttribute(key, attrs[key]);
  }
  if (innerHTML) {
    el.innerHTML = innerHTML;
  }
  if (tag === "script" && attrs.async == null) {
    el.async = false;
  }
  return el;
}
function isMetaDescription(headConfig) {
  return headConfig[0] === "meta" && headConfig[1] && headConfig[1].name === "description";
}
function filterOutHeadDescription(head) {
  return head.filter((h) => !isMetaDescription(h));
}
const hasFetched = /* @__PURE__ */ new Set();
const createLink = () => document.createElement("link");
const viaDOM = (url) => {
  const link2 = createLink();
  link2.rel = `prefetch`;
  link2.href = url;
  document.head.appendChild(link2);
};
const viaXHR = (url) => {
  const req = new XMLHttpRequest();
  req.open("GET", url, req.withCredentials = true);
  req.send();
};
let link;
const doFetch = inBrowser && (link = createLink()) && link.relList && link.relList.supports && link.relList.supports("prefetch") ? viaDOM : viaXHR;
function usePrefetch() {
  if (!inBrowser) {
    return;
  }
  if (!window.IntersectionObserver) {
    return;
  }
  let conn;
  if ((conn = navigator.connection) && (conn.saveData || /2g/.test(conn.effectiveType))) {
    return;
  }
  const rIC = window.requestIdleCallback || setTimeout;
  let observer = null;
  const observeLinks = () => {
    if (observer) {
      observer.disconnect();
    }
    observer = new IntersectionObserver((entries) => {
      entries.forEach((entry) => {
        if (entry.isIntersecting) {
          const link2 = entry.target;
          observer.unobserve(link2);
          const { pathname } = link2;
          if (!hasFetched.has(pathname)) {
            hasFetched.add(pathname);
            const pageChunkPath = pathToFile(pathname);
            if (pageChunkPath)
              doFetch(pageChunkPath);
          }
        }
      });
    });
    rIC(() => {
      document.querySelectorAll("#app a").forEach((link2) => {
        const { hostname, pathname } = new URL(link2.href instanceof SVGAnimatedString ? link2.href.animVal : link2.href, link2.baseURI);
        const extMatch = pathname.match(/\.\w+$/);
        if (extMatch && extMatch[0] !== ".html") {
          return;
        }
        if (
          // only prefetch same tab navigation, since a new tab will load
          // the lean js chunk instead.
          link2.target !== "_blank" && // only prefetch inbound links
          hostname === location.hostname
        ) {
          if (pathname !== location.pathname) {
            observer.observe(link2);
          } else {
            hasFetched.add(pathname);
          }
        }
      });
    });
  };
  runtimeDom_cjs_prod.onMounted(observeLinks);
  const route = useRoute();
  runtimeDom_cjs_prod.watch(() => route.path, observeLinks);
  runtimeDom_cjs_prod.onUnmounted(() => {
    observer && observer.disconnect();
  });
}
function resolveThemeExtends(theme2) {
  if (theme2.extends) {
    const base = resolveThemeExtends(theme2.extends);
    return {
      ...base,
      ...theme2,
      async enhanceApp(ctx) {
        if (base.enhanceApp)
          await base.enhanceApp(ctx);
        if (theme2.enhanceApp)
          await theme2.enhanceApp(ctx);
      }
    };
  }
  return theme2;
}
const Theme = resolveThemeExtends(theme);
const VitePressApp = runtimeDom_cjs_prod.defineComponent({
  name: "VitePressApp",
  setup() {
    const { site, lang, dir } = useData$1();
    runtimeDom_cjs_prod.onMounted(() => {
      runtimeDom_cjs_prod.watchEffect(() => {
        document.documentElement.lang = lang.value;
        document.documentElement.dir = dir.value;
      });
    });
    if (site.value.router.prefetchLinks) {
      usePrefetch();
    }
    useCopyCode();
    useCodeGroups();
    if (Theme.setup)
      Theme.setup();
    return () => runtimeDom_cjs_prod.h(Theme.Layout);
  }
});
async function createApp() {
  globalThis.__VITEPRESS__ = true;
  const router = newRouter();
  const app = newApp();
  app.provide(RouterSymbol, router);
  const data = initData(router.route);
  app.provide(dataSymbol, data);
  app.component("Content", Content);
  app.component("ClientOnly", ClientOnly);
  Object.defineProperties(app.config.globalProperties, {
    $frontmatter: {
      get() {
        return data.frontmatter.value;
      }
    },
    $params: {
      get() {
        return data.page.value.params;
      }
    }
  });
  if (Theme.enhanceApp) {
    await Theme.enhanceApp({
      app,
      router,
      siteData: siteDataRef
    });
  }
  return { app, router, data };
}
function newApp() {
  return runtimeDom_cjs_prod.createSSRApp(VitePressApp);
}
function newRouter() {
  let isInitialPageLoad = inBrowser;
  return createRouter((path) => {
    let pageFilePath = pathToFile(path);
    let pageModule = null;
    if (pageFilePath) {
      if (isInitialPageLoad) {
        pageFilePath = pageFilePath.replace(/\.js$/, ".lean.js");
      }
      if (false) ;
      else {
        pageModule = import(
          /*@vite-ignore*/
          pageFilePath
        );
      }
    }
    if (inBrowser) {
      isInitialPageLoad = false;
    }
    return pageModule;
  }, Theme.NotFound);
}
if (inBrowser) {
  createApp().then(({ app, router, data }) => {
    router.go().then(() => {
      useUpdateHead(router.route, data.site);
      app.mount("#app");
    });
  });
}
async function render(path) {
  const { app, router } = await createApp();
  await router.go(path);
  const ctx = { content: "", vpSocialIcons: /* @__PURE__ */ new Set() };
  ctx.content = await renderToString_1(app, ctx);
  return ctx;
}
export {
  tryOnScopeDispose as a,
  useData as b,
  computedAsync as c,
  useSessionStorage as d,
  useLocalStorage as e,
  useRouter as f,
  createSearchTranslate as g,
  useEventListener as h,
  useScrollLock as i,
  dataSymbol as j,
  inBrowser as k,
  escapeRegExp as l,
  notNullish as n,
  onKeyStroke as o,
  pathToFile as p,
  render,
  toArray as t,
  unrefElement as u,
  watchDebounced as w
};
