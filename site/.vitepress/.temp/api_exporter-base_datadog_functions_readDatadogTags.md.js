import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Function: readDatadogTags()","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/exporter-base/datadog/functions/readDatadogTags.md","filePath":"site/api/exporter-base/datadog/functions/readDatadogTags.md"}');
const _sfc_main = { name: "api/exporter-base/datadog/functions/readDatadogTags.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="function-readdatadogtags" tabindex="-1">Function: readDatadogTags() <a class="header-anchor" href="#function-readdatadogtags" aria-label="Permalink to &quot;Function: readDatadogTags()&quot;">​</a></h1><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">function</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> readDatadogTags</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">(</span><span style="--shiki-light:#E36209;--shiki-dark:#FFAB70;">environment</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">:</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> EnvironmentOptions</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">)</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">:</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> DatadogTags</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/datadog/environment.ts#L27" target="_blank" rel="noreferrer">packages/exporter-base/src/datadog/environment.ts:27</a></p><p>Reads the tags of Datadog&#39;s variables (Datadog documentation, &quot;Unified service tagging&quot;). <code>DATADOG_TAGS</code> is that of Datadog&#39;s library for Python, which knows commas only (datadogpy, <code>dogstatsd/base.py</code>); a key of <code>DD_TAGS</code> replaces the same key there.</p><h2 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h2><table tabindex="0"><thead><tr><th>Parameter</th><th>Type</th></tr></thead><tbody><tr><td><code>environment</code></td><td><a href="/tallykit/api/exporter-base/classes/EnvironmentOptions"><code>EnvironmentOptions</code></a></td></tr></tbody></table><h2 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h2><p><a href="/tallykit/api/exporter-base/datadog/interfaces/DatadogTags"><code>DatadogTags</code></a></p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/exporter-base/datadog/functions/readDatadogTags.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const readDatadogTags = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  readDatadogTags as default
};
