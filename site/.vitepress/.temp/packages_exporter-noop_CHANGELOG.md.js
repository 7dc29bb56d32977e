import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"@tallykit/exporter-noop","description":"","frontmatter":{"editLink":true},"headers":[],"relativePath":"packages/exporter-noop/CHANGELOG.md","filePath":"packages/exporter-noop/CHANGELOG.md"}');
const _sfc_main = { name: "packages/exporter-noop/CHANGELOG.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="tallykitexporter-noop" tabindex="-1">@tallykit/exporter-noop <a class="header-anchor" href="#tallykitexporter-noop" aria-label="Permalink to &quot;@tallykit/exporter-noop&quot;">​</a></h1><h2 id="010" tabindex="-1">0.1.0 <a class="header-anchor" href="#010" aria-label="Permalink to &quot;0.1.0&quot;">​</a></h2><p>The first release: a metrics API on top of any OpenTelemetry <code>MeterProvider</code>; OpenTelemetry metric exporters for StatsD, DogStatsD, Datadog&#39;s HTTP API and logs, and one that discards; a start-up by name or by environment; an internal time-series store with a page, for metrics chosen by name or by a call; what every push exporter shares, its own figures as metrics included; and a test kit for programs and for exporters.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("packages/exporter-noop/CHANGELOG.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const CHANGELOG = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  CHANGELOG as default
};
