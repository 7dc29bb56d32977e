import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Interface: RemainderLimits","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/exporter-base/interfaces/RemainderLimits.md","filePath":"site/api/exporter-base/interfaces/RemainderLimits.md"}');
const _sfc_main = { name: "api/exporter-base/interfaces/RemainderLimits.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="interface-remainderlimits" tabindex="-1">Interface: RemainderLimits <a class="header-anchor" href="#interface-remainderlimits" aria-label="Permalink to &quot;Interface: RemainderLimits&quot;">​</a></h1><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/delivery/remainders.ts#L4" target="_blank" rel="noreferrer">packages/exporter-base/src/delivery/remainders.ts:4</a></p><p>How much is remembered in each of two places.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="maxseries" tabindex="-1">maxSeries <a class="header-anchor" href="#maxseries" aria-label="Permalink to &quot;maxSeries&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">readonly </span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">maxSeries</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">: number;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/delivery/remainders.ts#L6" target="_blank" rel="noreferrer">packages/exporter-base/src/delivery/remainders.ts:6</a></p><p>How many series.</p><hr><h3 id="maxunits" tabindex="-1">maxUnits <a class="header-anchor" href="#maxunits" aria-label="Permalink to &quot;maxUnits&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">readonly </span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">maxUnits</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">: number;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/delivery/remainders.ts#L8" target="_blank" rel="noreferrer">packages/exporter-base/src/delivery/remainders.ts:8</a></p><p>How long their names and tags are together, in UTF-16 units.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/exporter-base/interfaces/RemainderLimits.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const RemainderLimits = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  RemainderLimits as default
};
