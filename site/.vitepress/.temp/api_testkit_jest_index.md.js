import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"@tallykit/testkit/jest","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/testkit/jest/index.md","filePath":"site/api/testkit/jest/index.md"}');
const _sfc_main = { name: "api/testkit/jest/index.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="tallykittestkitjest" tabindex="-1">@tallykit/testkit/jest <a class="header-anchor" href="#tallykittestkitjest" aria-label="Permalink to &quot;@tallykit/testkit/jest&quot;">​</a></h1><p>Importing this adds the matchers to <code>expect</code> of Jest.</p><h2 id="references" tabindex="-1">References <a class="header-anchor" href="#references" aria-label="Permalink to &quot;References&quot;">​</a></h2><h3 id="metricmatchers" tabindex="-1">MetricMatchers <a class="header-anchor" href="#metricmatchers" aria-label="Permalink to &quot;MetricMatchers&quot;">​</a></h3><p>Re-exports <a href="/tallykit/api/testkit/interfaces/MetricMatchers">MetricMatchers</a></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/testkit/jest/index.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const index = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  index as default
};
