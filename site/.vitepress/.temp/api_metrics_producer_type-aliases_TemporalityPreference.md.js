import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Type Alias: TemporalityPreference","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/metrics/producer/type-aliases/TemporalityPreference.md","filePath":"site/api/metrics/producer/type-aliases/TemporalityPreference.md"}');
const _sfc_main = { name: "api/metrics/producer/type-aliases/TemporalityPreference.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="type-alias-temporalitypreference" tabindex="-1">Type Alias: TemporalityPreference <a class="header-anchor" href="#type-alias-temporalitypreference" aria-label="Permalink to &quot;Type Alias: TemporalityPreference&quot;">​</a></h1><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">type</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> TemporalityPreference</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;"> =</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;cumulative&quot;</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;"> |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;delta&quot;</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;"> |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;lowmemory&quot;</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/metrics/src/producer/wishes.ts#L48" target="_blank" rel="noreferrer">packages/metrics/src/producer/wishes.ts:48</a></p><p>What points stand for, in the words of <code>OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE</code>: <a href="https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/otlp/" target="_blank" rel="noreferrer">https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/otlp/</a></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/metrics/producer/type-aliases/TemporalityPreference.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const TemporalityPreference = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  TemporalityPreference as default
};
