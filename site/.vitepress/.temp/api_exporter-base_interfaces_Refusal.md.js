import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Interface: Refusal","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/exporter-base/interfaces/Refusal.md","filePath":"site/api/exporter-base/interfaces/Refusal.md"}');
const _sfc_main = { name: "api/exporter-base/interfaces/Refusal.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="interface-refusal" tabindex="-1">Interface: Refusal <a class="header-anchor" href="#interface-refusal" aria-label="Permalink to &quot;Interface: Refusal&quot;">​</a></h1><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/accounts/ledger.ts#L43" target="_blank" rel="noreferrer">packages/exporter-base/src/accounts/ledger.ts:43</a></p><p>A point that is not exported, and why: a sentence for people, with the remedy.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="reason" tabindex="-1">reason <a class="header-anchor" href="#reason" aria-label="Permalink to &quot;reason&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">readonly </span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">reason</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">: string;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/accounts/ledger.ts#L47" target="_blank" rel="noreferrer">packages/exporter-base/src/accounts/ledger.ts:47</a></p><p>A sentence for people, with the remedy.</p><hr><h3 id="refused" tabindex="-1">refused <a class="header-anchor" href="#refused" aria-label="Permalink to &quot;refused&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">readonly </span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">refused</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">: DropCause;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/accounts/ledger.ts#L45" target="_blank" rel="noreferrer">packages/exporter-base/src/accounts/ledger.ts:45</a></p><p>The cause under which it is counted.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/exporter-base/interfaces/Refusal.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const Refusal = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  Refusal as default
};
