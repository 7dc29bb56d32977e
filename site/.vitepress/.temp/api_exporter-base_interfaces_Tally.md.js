import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Interface: Tally","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/exporter-base/interfaces/Tally.md","filePath":"site/api/exporter-base/interfaces/Tally.md"}');
const _sfc_main = { name: "api/exporter-base/interfaces/Tally.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="interface-tally" tabindex="-1">Interface: Tally <a class="header-anchor" href="#interface-tally" aria-label="Permalink to &quot;Interface: Tally&quot;">​</a></h1><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/accounts/ledger.ts#L5" target="_blank" rel="noreferrer">packages/exporter-base/src/accounts/ledger.ts:5</a></p><p>A number of points, and the sum of their increases (zero for points that are no increases).</p><h2 id="extended-by" tabindex="-1">Extended by <a class="header-anchor" href="#extended-by" aria-label="Permalink to &quot;Extended by&quot;">​</a></h2><ul><li><a href="/tallykit/api/exporter-base/interfaces/Forgotten"><code>Forgotten</code></a></li></ul><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="amount" tabindex="-1">amount <a class="header-anchor" href="#amount" aria-label="Permalink to &quot;amount&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">readonly </span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">amount</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">: number;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/accounts/ledger.ts#L9" target="_blank" rel="noreferrer">packages/exporter-base/src/accounts/ledger.ts:9</a></p><p>The sum of their increases.</p><hr><h3 id="points" tabindex="-1">points <a class="header-anchor" href="#points" aria-label="Permalink to &quot;points&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">readonly </span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">points</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">: number;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/accounts/ledger.ts#L7" target="_blank" rel="noreferrer">packages/exporter-base/src/accounts/ledger.ts:7</a></p><p>How many points.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/exporter-base/interfaces/Tally.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Tally = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Tally as default
};
