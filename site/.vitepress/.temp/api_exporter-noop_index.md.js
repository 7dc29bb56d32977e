import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"@tallykit/exporter-noop","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/exporter-noop/index.md","filePath":"site/api/exporter-noop/index.md"}');
const _sfc_main = { name: "api/exporter-noop/index.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="tallykitexporter-noop" tabindex="-1">@tallykit/exporter-noop <a class="header-anchor" href="#tallykitexporter-noop" aria-label="Permalink to &quot;@tallykit/exporter-noop&quot;">​</a></h1><p>An OpenTelemetry metric exporter that accepts and discards: <a href="/tallykit/api/exporter-noop/classes/NoopMetricExporter">NoopMetricExporter</a>.</p><h2 id="classes" tabindex="-1">Classes <a class="header-anchor" href="#classes" aria-label="Permalink to &quot;Classes&quot;">​</a></h2><table tabindex="0"><thead><tr><th>Class</th><th>Description</th></tr></thead><tbody><tr><td><a href="/tallykit/api/exporter-noop/classes/NoopMetricExporter">NoopMetricExporter</a></td><td>Accepts all metrics, counts them and discards them, as cheaply as the SDK allows: it asks for sums in place of histogram buckets, and the SDK keeps no series longer than one collection.</td></tr></tbody></table></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/exporter-noop/index.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const index = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  index as default
};
