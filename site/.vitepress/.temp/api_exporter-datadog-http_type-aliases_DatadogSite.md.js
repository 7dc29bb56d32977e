import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Type Alias: DatadogSite","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/exporter-datadog-http/type-aliases/DatadogSite.md","filePath":"site/api/exporter-datadog-http/type-aliases/DatadogSite.md"}');
const _sfc_main = { name: "api/exporter-datadog-http/type-aliases/DatadogSite.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="type-alias-datadogsite" tabindex="-1">Type Alias: DatadogSite <a class="header-anchor" href="#type-alias-datadogsite" aria-label="Permalink to &quot;Type Alias: DatadogSite&quot;">​</a></h1><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">type</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> DatadogSite</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;"> =</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;"> typeof</span><span style="--shiki-light:#005CC5;--shiki-dark:#79B8FF;"> DATADOG_SITES</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">[number];</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-datadog-http/src/options.ts#L216" target="_blank" rel="noreferrer">packages/exporter-datadog-http/src/options.ts:216</a></p><p>One of <a href="/tallykit/api/exporter-datadog-http/variables/DATADOG_SITES">DATADOG_SITES</a>.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/exporter-datadog-http/type-aliases/DatadogSite.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const DatadogSite = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  DatadogSite as default
};
