import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Interface: DatadogValidation","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/exporter-datadog-http/interfaces/DatadogValidation.md","filePath":"site/api/exporter-datadog-http/interfaces/DatadogValidation.md"}');
const _sfc_main = { name: "api/exporter-datadog-http/interfaces/DatadogValidation.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="interface-datadogvalidation" tabindex="-1">Interface: DatadogValidation <a class="header-anchor" href="#interface-datadogvalidation" aria-label="Permalink to &quot;Interface: DatadogValidation&quot;">​</a></h1><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-datadog-http/src/validate.ts#L7" target="_blank" rel="noreferrer">packages/exporter-datadog-http/src/validate.ts:7</a></p><p>The result of <code>DatadogHttpMetricExporter.validate</code>.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="reason" tabindex="-1">reason? <a class="header-anchor" href="#reason" aria-label="Permalink to &quot;reason?&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">readonly reason</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">?:</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;"> string;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-datadog-http/src/validate.ts#L11" target="_blank" rel="noreferrer">packages/exporter-datadog-http/src/validate.ts:11</a></p><p>Why not, or why nobody could be asked; without the key. Missing when <code>valid</code> is true.</p><hr><h3 id="valid" tabindex="-1">valid <a class="header-anchor" href="#valid" aria-label="Permalink to &quot;valid&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">readonly </span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">valid</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">: boolean;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-datadog-http/src/validate.ts#L9" target="_blank" rel="noreferrer">packages/exporter-datadog-http/src/validate.ts:9</a></p><p>Whether Datadog accepts the API key.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/exporter-datadog-http/interfaces/DatadogValidation.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const DatadogValidation = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  DatadogValidation as default
};
