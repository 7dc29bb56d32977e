import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Interface: TagWriters","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/exporter-base/interfaces/TagWriters.md","filePath":"site/api/exporter-base/interfaces/TagWriters.md"}');
const _sfc_main = { name: "api/exporter-base/interfaces/TagWriters.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="interface-tagwriters" tabindex="-1">Interface: TagWriters <a class="header-anchor" href="#interface-tagwriters" aria-label="Permalink to &quot;Interface: TagWriters&quot;">​</a></h1><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/series/tag-writers.ts#L19" target="_blank" rel="noreferrer">packages/exporter-base/src/series/tag-writers.ts:19</a></p><p>The writers for the metrics of one resource.</p><h2 id="properties" tabindex="-1">Properties <a class="header-anchor" href="#properties" aria-label="Permalink to &quot;Properties&quot;">​</a></h2><h3 id="common" tabindex="-1">common <a class="header-anchor" href="#common" aria-label="Permalink to &quot;common&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">readonly </span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">common</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">: TagWriter;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/series/tag-writers.ts#L21" target="_blank" rel="noreferrer">packages/exporter-base/src/series/tag-writers.ts:21</a></p><p>For values that add up, whichever process they come from.</p><hr><h3 id="ofprocess" tabindex="-1">ofProcess <a class="header-anchor" href="#ofprocess" aria-label="Permalink to &quot;ofProcess&quot;">​</a></h3><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">readonly </span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;">ofProcess</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">: TagWriter;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/exporter-base/src/series/tag-writers.ts#L23" target="_blank" rel="noreferrer">packages/exporter-base/src/series/tag-writers.ts:23</a></p><p>With the tag <code>process</code>, for values that would otherwise be replaced by those of another process.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/exporter-base/interfaces/TagWriters.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const TagWriters = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  TagWriters as default
};
