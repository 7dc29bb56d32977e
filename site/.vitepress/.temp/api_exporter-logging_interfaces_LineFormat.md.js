import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Interface: LineFormat","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/exporter-logging/interfaces/LineFormat.md","filePath":"site/api/exporter-logging/interfaces/LineFormat.md"}');
const _sfc_main = { name: "api/exporter-logging/interfaces/LineFormat.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="interface-lineformat" tabindex="-1">Interface: LineFormat <a class="header-anchor" href="#interface-lineformat" aria-label="Permalink to &quot;Interface: LineFormat&quot;">​</a></h1><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-logging/src/sentry-format.ts#L5" target="_blank" rel="noreferrer">packages/exporter-logging/src/sentry-format.ts:5</a></p><p>A winston format: <code>winston.format.combine</code> takes it, and so does the option <code>format</code> of a logger or transport.</p><h2 id="methods" tabindex="-1">Methods <a class="header-anchor" href="#methods" aria-label="Permalink to &quot;Methods&quot;">​</a></h2><h3 id="transform" tabindex="-1">transform() <a class="header-anchor" href="#transform" aria-label="Permalink to &quot;transform()&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">transform</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">(entry: any): any;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-logging/src/sentry-format.ts#L13" target="_blank" rel="noreferrer">packages/exporter-logging/src/sentry-format.ts:13</a></p><p>Adds the finished line to an entry of winston.</p><h4 id="parameters" tabindex="-1">Parameters <a class="header-anchor" href="#parameters" aria-label="Permalink to &quot;Parameters&quot;">​</a></h4><table tabindex="0"><thead><tr><th>Parameter</th><th>Type</th></tr></thead><tbody><tr><td><code>entry</code></td><td><code>any</code></td></tr></tbody></table><h4 id="returns" tabindex="-1">Returns <a class="header-anchor" href="#returns" aria-label="Permalink to &quot;Returns&quot;">​</a></h4><p><code>any</code></p><p>the entry</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/exporter-logging/interfaces/LineFormat.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const LineFormat = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  LineFormat as default
};
