import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Variable: MAX_NAME_LENGTH","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/exporter-base/datadog/variables/MAX_NAME_LENGTH.md","filePath":"site/api/exporter-base/datadog/variables/MAX_NAME_LENGTH.md"}');
const _sfc_main = { name: "api/exporter-base/datadog/variables/MAX_NAME_LENGTH.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="variable-max_name_length" tabindex="-1">Variable: MAX_NAME_LENGTH <a class="header-anchor" href="#variable-max_name_length" aria-label="Permalink to &quot;Variable: MAX\\_NAME\\_LENGTH&quot;">​</a></h1><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">const</span><span style="--shiki-light:#005CC5;--shiki-dark:#79B8FF;"> MAX_NAME_LENGTH</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">:</span><span style="--shiki-light:#005CC5;--shiki-dark:#79B8FF;"> 200</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;"> =</span><span style="--shiki-light:#005CC5;--shiki-dark:#79B8FF;"> 200</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/datadog/names.ts#L2" target="_blank" rel="noreferrer">packages/exporter-base/src/datadog/names.ts:2</a></p><p>How many characters Datadog keeps of a metric&#39;s name (documentation, &quot;Custom Metrics&quot;).</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/exporter-base/datadog/variables/MAX_NAME_LENGTH.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const MAX_NAME_LENGTH = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  MAX_NAME_LENGTH as default
};
